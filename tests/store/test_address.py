"""URLs of stores, and what they must not give away."""

from __future__ import annotations

import pytest

from bot.model.errors import ConfigurationError
from bot.store.address import store_address


@pytest.mark.parametrize(
    "url",
    [
        "redis://store:6379/0",
        "rediss://store.prod.example:6380/1",
        "unix:///run/store.sock",
        "redis+sentinel://a:26379,b/mymaster/2",
    ],
)
def test_what_can_be_a_store(url: str) -> None:
    assert str(store_address(url)) == url


def test_sentinels_and_their_service() -> None:
    address = store_address("rediss+sentinel://ann@a:1,[::1]:2,c/mymaster/2", "pw")
    assert address.sentinels == [("a", 1), ("::1", 2), ("c", 26379)]
    assert (address.service, address.database, address.username) == ("mymaster", 2, "ann")


def test_a_password_in_the_url_leaves_it_at_once() -> None:
    address = store_address("redis://ann:hun%40ter2@store:6379/0")
    assert address.password == "hun@ter2"
    assert "ter2" not in f"{address} {address!r}"
    assert address.username == "ann"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("store:6379", "does not begin"),
        ("http://:hunter2@store", "does not begin"),
        ("redis://", "not complete"),
        ("redis://:hunter2@:6379", "not complete"),
        ("redis://store:99999", "not complete"),
        ("unix://", "not complete"),
        ("redis+sentinel://a,b", "not complete"),
        ("redis+sentinel://a:x/mymaster", "not complete"),
    ],
)
def test_what_cannot_be_a_store_is_a_sentence(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        store_address(url)
    assert "hunter2" not in str(caught.value)


def test_two_passwords_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="given twice") as caught:
        store_address("redis://:one1@store", "two2")
    assert "one1" not in str(caught.value)
    assert "two2" not in str(caught.value)
