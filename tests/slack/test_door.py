"""Stories told through the door: signed requests in over HTTP, Slack's Web API calls out."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import time

import pytest

from bot.playground.slack.records import Message
from bot.slack import waiting
from tests.slack.conftest import House


def shown(message: Message) -> str:
    """Everything a message says, as one text."""
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


def private(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.ephemeral_to]


def public(messages: list[Message]) -> list[Message]:
    return [m for m in messages if m.bot and not m.ephemeral_to and not m.thread_ts]


async def answered(house: House, word: str) -> Message:
    """Wait for the live message to show ``word``."""
    return await house.workspace.wait_for(
        lambda seen: next((m for m in public(seen) if word in shown(m)), None), timeout=8
    )


async def told(house: House, text: str) -> str:
    """What the person who types ``text`` is told privately, at once."""
    before = len(house.workspace.messages("cilium-oncall"))
    ack = await house.workspace.command("/cilium", text)
    assert ack.status == 200
    after = house.workspace.messages("cilium-oncall")[before:]
    assert not public(after)
    return "\n".join(shown(message) for message in private(after))


@pytest.mark.parametrize("text", ["help", "HELP", "--help"])
async def test_help_lists_every_command(house: House, text: str) -> None:
    page = await told(house, text)
    assert "/cilium status [NODE] [--deep]" in page
    assert "Health of the Cilium agents" in page
    assert page.index("/cilium status") < page.index("All others") < page.index("/cilium flows")


@pytest.mark.parametrize("text", ["help status", "status --help", "status node-7 -h"])
async def test_help_of_one_command_shows_its_docstring(house: House, text: str) -> None:
    page = await told(house, text)
    assert "With --deep every agent is asked." in page
    assert "/cilium flows" not in page


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("statsu", "Did you mean status?"),
        ("status --dep", "Did you mean --deep?"),
        ("status node-7 node-8", "one argument too many"),
        ("status node-7; rm -rf /", "is not a node name"),
        ("status $(reboot)", "is not a node name"),
        ('status "node-7', "never closed"),
        ("status " + "x" * 4_000, "a command has at most 500"),
        ("status 🐝", "is not a node name"),
        ("status \u202enode", "invisible character"),
        ("status --cluster nowhere", "There is no cluster"),
        ("flows --verdict droped", "Did you mean dropped?"),
        ("status <!channel>", "is not a node name"),
    ],
)
async def test_what_cannot_be_understood_is_told_privately(
    house: House, text: str, reason: str
) -> None:
    page = await told(house, text)
    assert reason in page
    assert "Usage: `/cilium " in page or "All commands: `/cilium help`" in page
    assert "<!channel>" not in page
    assert not house.executor.journal.recent()


async def test_word_payload_in_a_command_is_no_click(house: House) -> None:
    assert "There is no command" in await told(house, "payload=1")


async def test_one_live_message_from_looking_to_the_answer(house: House) -> None:
    await house.workspace.command("/cilium", "status node-7")
    live = await answered(house, "FAILED")
    assert "prod-eu" in live.text
    thread = await house.workspace.wait_for(
        lambda seen: [m for m in seen if m.thread_ts == live.ts] if len(seen) >= 4 else None
    )
    [picture] = thread[0].files
    assert picture.name.endswith("-Agents-by-zone.png")
    assert picture.alt.startswith("Agents by zone. 3 nodes in 2 zones. 1 agent crash loop")
    assert "CrashLoopBackOff" in shown(thread[1])
    assert len(public(house.workspace.messages("cilium-oncall"))) == 1
    first = next(call for call in house.workspace.calls if call.method == "chat.postMessage")
    assert first.arguments["unfurl_links"] is False
    assert first.arguments["unfurl_media"] is False
    assert "LOOKING" in first.arguments["text"]
    assert live.metadata is not None
    assert live.metadata["event_payload"]["key"].startswith("r-")


@pytest.mark.parametrize(
    "text", ["status —deep", "status <http://node-7|node-7>", "status “node-7”"]
)
async def test_what_phones_type_is_understood(house: House, text: str) -> None:
    assert (await house.send(house.form(text)))[0] == 200
    await answered(house, "took")
    assert len(house.executor.journal.recent()) == 1


async def test_node_that_does_not_exist_is_told_privately_with_the_nearest(house: House) -> None:
    await house.workspace.command("/cilium", "status node-77")
    messages = await house.workspace.wait_for(private)
    assert "Did you mean node-7" in shown(messages[0])
    assert "status [NODE]" in shown(messages[0])
    assert not public(house.workspace.messages("cilium-oncall"))


async def test_another_cluster_may_be_asked_and_is_named(house: House) -> None:
    await house.workspace.command("/cilium", "status --cluster lab")
    assert "OK · Status · lab" in shown(await answered(house, "took"))


async def test_broken_run_says_why(house: House) -> None:
    await house.workspace.command("/cilium", "stuck")
    live = await answered(house, "UNKNOWN")
    assert "The API server of lab does not answer." in shown(live)


async def test_long_detail_becomes_a_file_in_the_thread(house: House) -> None:
    await house.workspace.command("/cilium", "wide")
    live = await answered(house, "took")
    reply = await house.workspace.wait_for(
        lambda seen: next((m for m in seen if m.thread_ts == live.ts and m.files), None)
    )
    content = reply.files[0].content
    assert content is not None
    assert b"node-1" in content


async def test_cancelled_run_leaves_no_looking_behind(house: House) -> None:
    await house.workspace.command("/cilium", "slow")
    await answered(house, "asking agents")
    await house.executor.close()
    assert "CANCELLED" in shown(await answered(house, "CANCELLED"))


async def test_progress_is_shown_and_coalesced(house: House) -> None:
    await house.workspace.command("/cilium", "slow")
    await answered(house, "of 25")
    await answered(house, "OK · Status · prod-eu")
    updates = [call for call in house.workspace.calls if call.method == "chat.update"]
    assert 3 <= len(updates) <= 5


async def test_ack_does_not_wait_for_the_cluster_or_for_slack(house: House) -> None:
    house.workspace.delay("chat.postMessage", 2)
    began = time.monotonic()
    ack = await house.workspace.command("/cilium", "slow")
    assert time.monotonic() - began < 0.5
    assert ack.status == 200


async def test_fifty_at_once_are_acknowledged_quickly(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def one() -> float:
        began = time.monotonic()
        ack = await house.workspace.command("/cilium", "slow")
        assert ack.status == 200
        return time.monotonic() - began

    took = sorted(await asyncio.gather(*(one() for _ in range(50))))
    caplog.set_level("INFO")
    logging.getLogger(__name__).info("50 acks: median %.3f s, slowest %.3f s", took[25], took[-1])
    assert took[-1] < 1.5


async def test_bot_not_in_channel_answers_privately_with_the_fix(house: House) -> None:
    house.workspace.fail("chat.postMessage", error="not_in_channel")
    await house.workspace.command("/cilium", "status")
    messages = await house.workspace.wait_for(
        lambda seen: private(seen) if len(private(seen)) >= 2 else None
    )
    assert "comes to you alone" in shown(messages[0])
    assert "/invite @cilium" in shown(messages[1])
    assert "All 12 agents are healthy." in shown(messages[1])
    assert "cilium-oncall status --cluster prod-eu" in shown(messages[1])


async def test_a_response_url_that_has_ended_is_followed_by_an_ephemeral_message(
    house: House,
) -> None:
    gone = f"{house.workspace.api_url.removesuffix('api/')}response/T1/1/gone"
    assert (await house.send(house.form("status node-77", response_url=gone)))[0] == 200
    [said] = await house.workspace.wait_for(private)
    assert "Did you mean node-7" in shown(said)
    assert house.workspace.calls[-1].method == "chat.postEphemeral"


async def test_first_post_whose_reply_was_lost_is_found_and_not_doubled(house: House) -> None:
    house.workspace.fail("chat.postMessage", status=503, done=True)
    await house.workspace.command("/cilium", "status")
    await answered(house, "took")
    assert len(public(house.workspace.messages("cilium-oncall"))) == 1
    assert not private(house.workspace.messages("cilium-oncall"))


async def test_first_post_whose_reply_was_lost_turns_private_where_it_cannot_be_looked_for(
    house: House,
) -> None:
    house.workspace.fail("chat.postMessage", status=503, done=True)
    house.workspace.fail("conversations.history", error="missing_scope")
    await house.workspace.command("/cilium", "status")
    await house.workspace.wait_for(lambda seen: len(private(seen)) >= 2)
    assert len(public(house.workspace.messages("cilium-oncall"))) == 1


async def test_request_delivered_twice_is_one_run(house: House) -> None:
    body = house.form("status", trigger_id="1.2.abc")
    for age in (0, 1):  # another timestamp is another signature: no replay, yet the same request
        assert (await house.send(body, timestamp=str(int(time.time()) - age)))[0] == 200
    await answered(house, "took")
    assert len(house.executor.journal.recent()) == 1


async def test_runs_that_wait_to_begin_are_told_once_and_privately(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.2)
    for _ in range(20):  # four more than may go on at once: one note for all of them
        await house.workspace.command("/cilium", "slow")
    messages = await house.workspace.wait_for(private)
    assert "Still waiting" in shown(messages[0])
    await asyncio.sleep(0.3)
    assert len(private(house.workspace.messages("cilium-oncall"))) == 1


async def test_429_delays_and_loses_nothing(house: House) -> None:
    house.workspace.throttle("chat.postMessage", retry_after=1)
    await house.workspace.command("/cilium", "status")
    await answered(house, "took")
    posts = [call for call in house.workspace.calls if call.method == "chat.postMessage"]
    assert [call.status for call in posts] == [429, 200]
    assert posts[1].at - posts[0].at >= 1


async def test_wrong_requests_get_401_and_one_line_without_the_body(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = house.form("status sekret-word")
    now = str(int(time.time()))
    old = str(int(time.time()) - 301)
    assert (await house.send(body, timestamp=now))[0] == 200
    caplog.clear()
    for timestamp, signature in (
        (now, None),  # replayed
        (now, "v0=" + "0" * 64),
        (now, "nonsense"),
        (old, None),
        ("yesterday", None),
        ("١٢٣", None),
    ):
        caplog.clear()
        status, answer = await house.send(body, timestamp=timestamp, signature=signature)
        assert (status, answer) == (401, "")
        lines = [r.getMessage() for r in caplog.records if r.name.startswith("bot.slack.guard")]
        assert len(lines) == 1
        assert "127.0.0.1" in lines[0]
        assert "sekret" not in caplog.text
        assert "v0=" not in caplog.text
    assert len(house.executor.journal.recent()) == 1


async def test_request_that_is_too_large_or_compressed_is_refused(house: House) -> None:
    large = io.BytesIO(b"x" * ((1 << 20) + 1))
    headers = {
        "X-Slack-Request-Timestamp": str(int(time.time())),
        "X-Slack-Signature": house.sign(str(int(time.time())), large.getvalue()),
    }
    async with house.http.post(house.url, data=large, headers=headers) as response:
        assert response.status == 401
    body, now = house.form("status"), str(int(time.time()))
    headers = {
        "Content-Encoding": "gzip",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": house.sign(now, body),
    }
    for packed in (gzip.compress(body), b"no gzip at all"):
        async with house.http.post(house.url, data=packed, headers=headers) as response:
            assert response.status == 401
    assert not house.executor.journal.recent()


async def test_slack_s_own_checks_are_answered(house: House) -> None:
    assert (await house.send(b"ssl_check=1&token=x"))[0] == 200
    body = json.dumps({"type": "url_verification", "challenge": "c-1"}).encode()
    status, answer = await house.send(body, content_type="application/json")
    assert status == 200
    assert "c-1" in answer


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"payload={", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=1&" * 500, "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"command=%2Fother&text=x", "text/plain; charset=nonsense"),
    ],
)
async def test_signed_nonsense_is_never_a_500(house: House, body: bytes, content_type: str) -> None:
    assert (await house.send(body, content_type=content_type))[0] in (400, 404)


async def test_full_outbox_refuses_new_runs_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.door.outbox, "_most", 0)
    page = await told(house, "status")
    assert "Nothing was run" in page
    assert "cilium-oncall status --cluster prod-eu" in page


async def test_failing_listener_is_told_and_logged(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(house.executor, "start", fail)
    await house.workspace.command("/cilium", "status")
    messages = await house.workspace.wait_for(private)
    assert "its log has the reason" in shown(messages[0])
    assert "a bug" in caplog.text


async def test_an_event_nobody_listens_to_is_taken_so_that_slack_does_not_send_it_again(
    house: House,
) -> None:
    body = b'{"type":"event_callback","event":{"type":"team_join"}}'
    assert (await house.send(body, content_type="application/json"))[0] == 200
    assert not house.executor.journal.recent()
