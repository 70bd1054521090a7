"""What can be asked of a running bot over HTTP, and what is refused how."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.model.change import ChangeState, ChangeStep, StepState, Word
from bot.model.change_document import ChangeDocument
from bot.model.errors import NotAllowed, StoreUnavailable, Unreachable
from bot.terminal.api.wire import MOST_BYTES, ON_A_CHANGE, ON_AN_ASK
from tests.terminal.api.conftest import Served, served
from tests.terminal.api.engine import Broken


async def test_a_change_is_asked_for_and_shown(api: Served) -> None:
    body = await api.asked("ana")
    document = msgspec.convert(body, ChangeDocument)
    assert (document.state, document.open, document.acted) == (ChangeState.WAITING, True, False)
    assert document.plan is not None
    assert document.plan.digest == document.digest
    assert (await api.call("GET", f"/changes/{document.change}"))[1] == body
    assert (await api.call("GET", "/changes"))[1] == [body]


async def test_seals_and_what_doors_keep_for_themselves_stay_inside(api: Served) -> None:
    body = await api.asked("ana")
    api.engine.move(body["change"], ChangeState.WAITING)
    await api.call("POST", f"/approvals/{body['ask']}/approve", "bo")
    _, body = await api.call("GET", f"/changes/{body['change']}")
    shown = json.dumps(body)
    assert "seal" not in shown
    assert "c0ffee" not in shown
    assert "5ea1" not in shown
    assert "origin" not in shown


async def test_the_same_key_is_one_change_and_another_persons_key_another(api: Served) -> None:
    wanted = {"command": ["restart-agent", "node-1"], "once": "k1"}
    answers = await asyncio.gather(
        *(api.call("POST", "/changes", "ana", json=wanted) for _ in range(5)),
        api.call("POST", "/changes", "cy", json=wanted),
    )
    ids = [body["change"] for _, body in answers]
    assert len(set(ids[:5])) == 1
    assert ids[5] not in ids[:5]


@pytest.mark.parametrize("body", [
    "", "[]", "nonsense", "{}", '{"command": "restart-agent node-1"}',
    '{"command": ["restart-agent", "node-1"], "requester": {"id": "U0BO"}}',
    '{"command": ["restart-agent", "node-1"], "reason": 5}',
    '{"command": ["restart-agent", "node-1\\u202e"]}',
    '{"command": ["restart-agent", "node-1"], "reason": "a\\u0007b"}',
    '{"command": ["restart-agent"]}', '{"command": ["drop-tables", "node-1"]}',
    '{"command": ["restart-agent", "node-1"], "once": "' + "k" * 101 + '"}',
    "[" * 5_000,
])  # fmt: skip
async def test_a_body_that_is_no_request(api: Served, body: str) -> None:
    status, said = await api.call("POST", "/changes", data=body.encode())
    assert (status, said["error"]["code"]) == (400, "usage"), said
    assert said["error"]["message"]
    assert api.engine.requests == []


async def test_a_body_is_bounded(api: Served) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 1024

    for data in (b"x" * (MOST_BYTES + 1), chunks()):
        status, said = await api.call("POST", "/changes", data=data)
        assert (status, said["error"]["code"]) == (413, "too-large")


async def test_the_body_of_a_stranger_is_not_read(api: Served) -> None:
    async def endless() -> Any:
        yield b"x"
        await asyncio.sleep(30)

    async with asyncio.timeout(5):
        status, _ = await api.call("POST", "/changes", None, data=endless())
    assert status == 401


async def test_approving_is_the_engines_to_decide(api: Served) -> None:
    change = await api.asked("ana")
    path = f"/approvals/{change['ask']}"
    for who, words in (("ana", "somebody else"), ("cy", "no approver")):
        status, said = await api.call("POST", f"{path}/approve", who)
        assert (status, said["error"]["code"]) == (403, "not-allowed")
        assert words in said["error"]["message"]
    status, body = await api.call("POST", f"{path}/approve", "bo", json={"reason": "fine"})
    assert (status, body["state"], body["given"]) == (200, "approved", 1)
    target, word, by, person, reason, typed, where = api.engine.words[-1]
    assert (target, word, by.id, person.id) == (change["ask"], Word.APPROVE, "U0BO", "U0BO")
    assert (reason, typed, where) == ("fine", "", "terminal")


async def test_the_typed_cluster_goes_to_the_engine(api: Served) -> None:
    change = await api.asked("ana")
    await api.call("POST", f"/approvals/{change['ask']}/approve", "bo", json={"cluster": "lab"})
    assert api.engine.words[-1][5] == "lab"


async def test_a_change_is_not_approved_by_its_own_id(api: Served) -> None:
    change = await api.asked("ana")
    status, said = await api.call("POST", f"/changes/{change['change']}/approve", "bo")
    assert (status, said["error"]["code"]) == (400, "usage")
    status, said = await api.call("POST", f"/approvals/{change['change']}/approve", "bo")
    assert status == 404
    status, said = await api.call("POST", f"/approvals/{change['ask']}/withdraw", "ana")
    assert status == 400
    assert api.engine.words == []


async def test_what_waits_says_whether_one_may_decide(api: Served) -> None:
    await api.asked("ana")
    (mine,) = (await api.call("GET", "/approvals", "ana"))[1]
    (theirs,) = (await api.call("GET", "/approvals", "bo"))[1]
    assert (mine["may_decide"], theirs["may_decide"]) == (False, True)
    assert mine["why"] == "You may not decide on this."
    assert (await api.call("GET", "/approvals", "cy"))[1] == []


async def test_who_may_not_see_a_change_is_told_what_strangers_to_it_are(api: Served) -> None:
    change = await api.asked("bo")
    assert (await api.call("GET", f"/changes/{change['change']}", "ana"))[0] == 200, "a rule"
    seen = await api.call("GET", f"/changes/{change['change']}", "cy")
    assert seen[0] == 404
    assert seen == await api.call("GET", "/changes/c-zzzzzzzzzz", "cy")
    assert seen == await api.call("GET", "/changes/nonsense", "cy")
    assert (await api.call("GET", "/changes", "cy")) == (200, [])
    assert (await api.call("POST", f"/changes/{change['change']}/cancel", "cy"))[0] == 404


@pytest.mark.parametrize("word", ["confirm", "happened", "did-not"])
async def test_a_word_about_a_step_names_it(api: Served, word: str) -> None:
    change = await api.asked("ana")
    now = datetime.now(UTC)
    doubtful = ChangeStep(name="step two", state=StepState.DOUBTFUL, started_at=now, ended_at=now)
    state = ChangeState.CONFIRMING if word == "confirm" else ChangeState.UNKNOWN
    steps = () if word == "confirm" else (doubtful,)
    api.engine.move(change["change"], state, outcome="step two", steps=steps)
    path = f"/changes/{change['change']}/{word}"
    assert (await api.call("GET", f"/changes/{change['change']}"))[1]["about"] == "step two"
    for step in ("", "step one"):
        status, said = await api.call("POST", path, json={"step": step})
        assert (status, "step two" in str(said["error"])) == (400, True)
    assert api.engine.words == []
    assert (await api.call("POST", path, json={"step": "step two"}))[0] == 200


@pytest.mark.parametrize("most", ["0", "51", "x", "-1", "²"])
async def test_lists_are_bounded(api: Served, most: str) -> None:
    assert (await api.call("GET", f"/changes?most={most}"))[0] == 400


@pytest.mark.parametrize(("error", "status", "code"), [
    (StoreUnavailable("The store is away.", hint="Changes wait."), 503, "store-unavailable"),
    (NotAllowed("Not you."), 403, "not-allowed"),
    (Unreachable("The cluster is away."), 502, "cluster"),
    (Broken("Something else."), 500, "trouble"),
])  # fmt: skip
async def test_troubles_have_a_status_and_a_sentence(
    api: Served, error: Exception, status: int, code: str
) -> None:
    api.engine.trouble = error
    wanted = {"command": ["restart-agent", "node-1"]}
    found, body = await api.call("POST", "/changes", json=wanted)
    assert (found, body["error"]["code"], body["error"]["message"]) == (
        *(status, code),
        str(error).split(" Changes")[0],
    )


async def test_a_fault_of_ours_shows_nothing_of_itself(
    api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.engine.trouble = ValueError("secret detail")
    wanted = {"command": ["restart-agent", "node-1"]}
    status, body = await api.call("POST", "/changes", json=wanted)
    assert (status, body["error"]["code"]) == (500, "trouble")
    assert "secret" not in json.dumps(body)
    assert "ValueError" in caplog.text
    assert api.tokens["ana"] not in caplog.text


async def test_a_bot_without_changes_says_why(tmp_path: Path) -> None:
    async with served(tmp_path, without="There is no approvals file.") as api:
        status, body = await api.call("POST", "/changes", json={"command": ["x"]})
        assert (status, body["error"]["message"]) == (403, "There is no approvals file.")
        assert (await api.call("GET", "/changes"))[0] == 403
        assert (await api.call("POST", "/changes", None, json={}))[0] == 401


def test_every_word_has_one_place() -> None:
    assert set(Word) == ON_AN_ASK | ON_A_CHANGE
    assert not ON_AN_ASK & ON_A_CHANGE
