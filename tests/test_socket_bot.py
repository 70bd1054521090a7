"""The whole bot with Socket Mode: what it mounts, tells of itself, and finds wrong."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from bot.cli.consultation import consult
from bot.doctor.examine import examine
from bot.doctor.socket_mode import SocketPart
from bot.model.errors import ConfigurationError
from bot.model.report import Report, Verdict
from bot.settings import Credentials
from bot.slack.door import PATH
from bot.slack.opening import Opening
from bot.slack.webapi import WebApi
from tests.running_bot import Running, running_bot
from tests.slack.socket_house import until

PART = "slack socket mode"


async def examined(part: SocketPart) -> Report:
    return await examine([part], title="t", within=5.0)


def causes(report: Report) -> dict[str, str]:
    return {finding.id: f"{finding.cause} {finding.next_steps}" for finding in report.findings}


async def opened_twice(running: Running) -> None:
    sockets = running.bot.sockets
    assert sockets is not None
    await until(lambda: sockets.open_connections == 2)


async def test_with_socket_mode_alone_nothing_is_taken_over_http(tmp_path: Path) -> None:
    async with running_bot(tmp_path, http=False, socket=True) as running:
        await opened_twice(running)
        async with running.http.post(f"http://127.0.0.1:{running.bot.port}{PATH}") as refused:
            assert refused.status == 404
        assert (await running.workspace.command("/cilium", "status")).status == 200
        await running.workspace.wait_for(lambda seen: any("OK" in m.text for m in seen if m.bot))
        assert await running.figure("cilium_oncall_ack_seconds_count") == 1
        assert await running.figure("cilium_oncall_slack_sockets") == 2
        status, parts = await running.parts()
        assert status == 200
        assert parts[PART]["required"] is True
        assert parts[PART]["why"].startswith("2 of 2 connections, connected for")

        running.workspace.fail("apps.connections.open", error="missing_scope", times=50)
        running.workspace.sockets.drop()
        await until(lambda: running.bot.sockets and running.bot.sockets.trouble)
        status, parts = await running.parts()
        assert (status, parts[PART]["ok"]) == (503, False)
        assert parts[PART]["why"].startswith("not connected for")
        assert "connections:write" in parts[PART]["why"]
        lost = await running.figure("cilium_oncall_slack_socket_ends_total", why="lost")
        refused_ones = await running.figure("cilium_oncall_slack_socket_ends_total", why="refused")
        assert (lost, refused_ones >= 1) == (2, True)


async def test_beside_http_a_missing_socket_leaves_the_bot_ready(tmp_path: Path) -> None:
    async with running_bot(tmp_path, socket=True) as running:
        await opened_twice(running)
        running.workspace.fail("apps.connections.open", error="invalid_auth", times=50)
        running.workspace.sockets.drop()
        await until(lambda: running.bot.sockets and not running.bot.sockets.open_connections)
        status, parts = await running.parts()
        assert (status, parts[PART]["ok"], parts[PART]["required"]) == (200, False, False)
        running.workspace.bot_url = f"http://127.0.0.1:{running.bot.port}{PATH}"
        assert (await running.workspace.command("/cilium", "help")).status == 200


async def test_doctor_in_slack_tells_of_the_connections(tmp_path: Path) -> None:
    async with running_bot(tmp_path, http=False, socket=True) as running:
        await opened_twice(running)
        asked = len(running.workspace.calls)
        sockets = running.bot.sockets
        assert sockets is not None
        part = SocketPart(sockets.opening, sockets)
        report = await examined(part)
        assert report.verdict is Verdict.OK
        token, connections = (row[2] for row in report.tables[0].rows)
        assert token == "in order"
        assert connections.startswith("2 of 2, connected for")
        assert len(running.workspace.calls) == asked
        await running.workspace.command("/cilium", "doctor")
        said = await running.workspace.wait_for(
            lambda seen: [
                json.dumps(m.blocks) for m in seen if m.bot and "doctor" in m.text.lower()
            ]
        )
        assert "SIGNING" not in said[-1]

        running.workspace.fail("apps.connections.open", error="invalid_auth", times=50)
        running.workspace.sockets.drop()
        await until(lambda: sockets.trouble)
        found = causes(await examined(part))
        assert "invalid_auth" in found["slack-socket-refused"]
        assert "SLACK_APP_TOKEN" in found["slack-socket-refused"]


async def test_doctor_tells_when_no_connection_of_the_app_is_left(tmp_path: Path) -> None:
    async with running_bot(tmp_path, http=False, socket=True) as running:
        await opened_twice(running)
        sockets = running.bot.sockets
        assert sockets is not None
        for connection in sockets._connections:
            connection.of_app = 10
        assert list(causes(await examined(SocketPart(sockets.opening, sockets)))) == [
            "slack-socket-none-left"
        ]


async def test_doctor_in_a_terminal_opens_no_connection(tmp_path: Path) -> None:
    async with running_bot(tmp_path, http=False, socket=True) as running:
        await opened_twice(running)
        api = WebApi(running.workspace.app_token, running.workspace.api_url)
        await api.open()
        report = await examined(SocketPart(Opening(api)))
        assert (report.findings, running.workspace.sockets.count) == ((), 2)
        assert [gap.subject for gap in report.gaps] == [f"{PART}: connections"]
        running.workspace.throttle("apps.connections.open", retry_after=60)
        assert len((await examined(SocketPart(Opening(api)))).gaps) == 1
        running.workspace.fail("apps.connections.open", error="not_allowed_token_type")
        assert "xapp-" in causes(await examined(SocketPart(Opening(api))))["slack-socket-refused"]
        await api.close()


async def test_the_terminal_s_doctor_looks_at_socket_mode_where_there_is_a_token(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("clusters: {lab: {context: none}}\n")
    environ = {"SLACK_APP_TOKEN": "xapp-1-x", "SLACK_BOT_TOKEN": "xoxb-1-x"}
    record = await consult(file, None, environ, (), 1.5)
    assert record.report is not None
    named = msgspec.json.encode(record.report).decode()
    assert PART in named
    assert "SIGNING" not in named


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET"),
        ({"slack_bot_token": "x"}, "SLACK_SIGNING_SECRET"),
        ({"slack_app_token": "x"}, "SLACK_BOT_TOKEN"),
    ],
)
def test_one_way_in_is_required(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f": {missing}\\.") as caught:
        Credentials.model_validate(given).require_slack()
    if "SIGNING" in missing:
        assert "SLACK_APP_TOKEN, for Socket Mode" in caught.value.hint
    for way in ("slack_signing_secret", "slack_app_token"):
        Credentials.model_validate({"slack_bot_token": "x", way: "y"}).require_slack()
