"""Who gets in: tokens, names, people; and what a failure costs and says."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bot.model.access import Person, Standing
from bot.terminal.api import callers
from tests.terminal.api.conftest import Served, served


async def test_a_token_made_for_the_bot_is_a_person(api: Served) -> None:
    await api.asked("ana")
    ((request, _),) = api.engine.requests
    assert (request.requester.id, request.requester.name) == ("U0ANA", "ana")
    assert str(request.requester.door) == "terminal"


@pytest.mark.parametrize("header", [
    None, "", "Bearer", "Bearer ", "Basic YW5hOmFuYQ==", "Bearer two words", "Bearer ünïcode",
    "Bearer x", "Bearer " + "a" * 7_900,
])  # fmt: skip
async def test_what_is_no_bearer_token_costs_no_review(api: Served, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with api.http.get(f"{api.url}/api/v1/changes", headers=headers) as answer:
        body = await answer.json()
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert body["error"]["code"] == "unauthenticated"
    assert api.reviews == 0


async def test_two_authorization_headers_are_none(api: Served) -> None:
    headers = [("Authorization", f"Bearer {api.tokens[who]}") for who in ("ana", "bo")]
    async with api.http.get(f"{api.url}/api/v1/changes", headers=headers) as answer:
        assert answer.status == 401


async def test_a_token_of_the_api_server_or_of_others_is_refused(api: Served) -> None:
    for who in ("ana at the API server", "ana elsewhere"):
        status, body = await api.call("GET", "/changes", who)
        assert (status, body["error"]["code"]) == (401, "unauthenticated")
        assert "cilium-oncall" in body["error"]["hint"]


async def test_the_settings_may_let_tokens_of_the_api_server_in(tmp_path: Path) -> None:
    async with served(tmp_path, api_server_tokens=True) as api:
        assert (await api.call("GET", "/changes", "ana at the API server"))[0] == 200
        assert (await api.call("GET", "/changes", "ana"))[0] == 200
        assert (await api.call("GET", "/changes", "ana elsewhere"))[0] == 401


async def test_failures_cost_the_same(tmp_path: Path) -> None:
    async with served(tmp_path, api_server_tokens=True) as api:
        api.tokens["nobody"] = "never-issued-token"
        for who in ("nobody", "ana elsewhere", "nobody"):
            before = api.reviews
            assert (await api.call("GET", "/changes", who))[0] == 401
            assert api.reviews - before == 2


async def test_an_expired_token_is_refused_at_once_where_it_matters(api: Served) -> None:
    change = await api.asked("ana")
    assert (await api.call("GET", "/changes", "ana"))[0] == 200
    api.simulated.expire_token(api.tokens["ana"])
    status, body = await api.call("POST", f"/changes/{change['change']}/withdraw", "ana")
    assert (status, body["error"]["code"]) == (401, "unauthenticated")
    assert (await api.call("GET", "/changes", "ana"))[0] == 401, "not remembered any more"


async def test_somebody_the_settings_do_not_name(api: Served) -> None:
    status, body = await api.call("GET", "/changes", "dee")
    assert (status, body["error"]["code"]) == (403, "not-allowed")
    assert "changes.people" in body["error"]["hint"]


async def test_reading_is_not_reviewed_each_time_and_words_are(api: Served) -> None:
    for _ in range(5):
        await api.call("GET", "/changes")
    assert api.reviews == 1
    await api.asked()
    await api.asked()
    assert api.reviews == 3


async def test_the_person_is_asked_anew(tmp_path: Path) -> None:
    async def guest(user: str) -> Person:
        return Person(id=user, standing=Standing.GUEST)

    async with served(tmp_path, person=guest) as api:
        change = await api.asked("ana")
        await api.call("POST", f"/changes/{change['change']}/withdraw", "ana")
        assert api.engine.words[0][3].standing is Standing.GUEST


async def test_an_identity_cluster_that_is_away(
    api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.simulated.inject("api-down")
    await api.simulated.settle()
    status, body = await api.call("GET", "/changes")
    assert (status, body["error"]["code"]) == (503, "busy")
    assert "Slack" in body["error"]["hint"]
    assert "127.0.0.1" not in body["error"]["message"]
    assert api.tokens["ana"] not in caplog.text


async def test_a_bot_that_may_not_review_says_so_in_its_log_only(
    api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    api.simulated.add_user("bot", [])
    status, body = await api.call("GET", "/changes")
    assert status == 503
    assert "forbidden" not in str(body).lower()
    assert "Forbidden" in caplog.text
    assert api.tokens["ana"] not in caplog.text


async def test_reviews_at_once_are_limited(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0
    create = type(api.cluster.api).create

    async def slow(*args: object, **more: object) -> bytes:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        try:
            return await create(*args, **more)  # type: ignore[arg-type]
        finally:
            under_way -= 1

    monkeypatch.setattr(type(api.cluster.api), "create", slow)
    monkeypatch.setattr(callers, "WAIT", 0.15)
    api.tokens["nobody"] = "never-issued-token"
    answers = await asyncio.gather(*(api.call("GET", "/changes", "nobody") for _ in range(40)))
    assert most <= callers.AT_ONCE
    statuses = {status for status, _ in answers}
    assert statuses == {401, 503}
