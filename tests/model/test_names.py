import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.names import (
    format_duration,
    is_dns_label,
    is_dns_subdomain,
    is_version,
    parse_duration,
)


@pytest.mark.parametrize("name", ["a", "node-7", "ip-10-0-0-1.eu-1.compute.internal", "x" * 63])
def test_names_of_kubernetes_objects(name: str) -> None:
    assert is_dns_subdomain(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-a",
        "a-",
        "A",
        "a_b",
        "a..b",
        ".a",
        "a.",
        "x" * 64,
        "a\n",
        "a b",
        "a;b",
        "$(x)",
        "ä",
        "a/b",
    ],
)
def test_what_is_no_name(name: str) -> None:
    assert not is_dns_subdomain(name)


def test_a_subdomain_has_at_most_253_characters() -> None:
    assert is_dns_subdomain(".".join(["x" * 50] * 4))
    assert not is_dns_subdomain(".".join(["x" * 50] * 6))


def test_a_label_has_no_dots() -> None:
    assert is_dns_label("kube-system")
    assert not is_dns_label("kube.system")


@pytest.mark.parametrize("text", ["1.18", "v1.18.6", "1.19.0-rc.1"])
def test_versions(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize("text", ["1", "1.18.x", "latest", "1.18.6;rm", "", "1.18.6\n"])
def test_what_is_no_version(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("2d", 172800),
        ("0.5s", 0.5),
        ("1d2h3m4s", 93784),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "1.5h", "5m3h", "1e9s", " 5m", "5m\n"])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.4, "0.4s"), (45, "45s"), (60, "1m"), (90, "1m 30s"), (720, "12m"),
     (5400, "1h 30m"), (3600, "1h"), (273600, "3d 4h"), (1_000_000, "11d")],
)  # fmt: skip
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**8))
def test_every_whole_duration_has_words(seconds: int) -> None:
    assert format_duration(seconds)[-1] in "smhd"
