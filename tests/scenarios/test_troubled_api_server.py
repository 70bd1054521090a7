"""The API server is slow, throttles, or is gone: Slack hears of it at once, and in one sentence."""

from __future__ import annotations

import time

import pytest

from bot.model.report import Verdict
from bot.model.run import RunState
from tests.machine import others
from tests.scenarios.house import CHANNEL, House

QUICKLY = 1.0
"""Seconds; Slack allows three."""


@pytest.mark.parametrize("command", ["status --deadline 2s", "status node-7 --deadline 2s"])
async def test_api_server_gone_is_one_sentence_with_what_to_do(house: House, command: str) -> None:
    house.cluster.inject("api-down")
    answer = await house.ask(command)
    assert answer.ack.seconds < QUICKLY
    assert answer.record.state is RunState.BROKEN
    assert answer.shown.startswith("❔ UNKNOWN")
    sentence = answer.shown.splitlines()[1]
    assert "cannot be reached" in sentence or "does not answer" in sentence
    assert "VPN" in sentence
    assert "kubectl get nodes" in sentence
    assert "Traceback" not in answer.shown


async def test_bot_recovers_with_the_api_server(house: House) -> None:
    fault = house.cluster.inject("api-down")
    assert (await house.ask("status --deadline 1s")).record.state is RunState.BROKEN
    house.cluster.clear(fault.id)
    await house.cluster.settle()
    assert (await house.ask("status")).report.verdict is Verdict.OK


async def test_slow_api_server_is_waited_for_within_the_deadline(house: House) -> None:
    house.cluster.inject("api-slow", seconds=0.3)
    answer = await house.ask("status")
    assert answer.ack.seconds < QUICKLY
    assert (answer.report.verdict, answer.gaps) == (Verdict.OK, ())


async def test_too_slow_an_api_server_is_unknown_within_the_deadline(house: House) -> None:
    house.cluster.inject("api-slow", seconds=30)
    began = time.monotonic()
    with others() as elsewhere:
        answer = await house.ask("status --deadline 1s")
    assert elsewhere.ours(time.monotonic() - began) < 3
    assert answer.ack.seconds < QUICKLY
    assert answer.shown.startswith("❔ UNKNOWN")
    assert "The API server did not answer in time." in answer.shown.splitlines()[1]
    assert "--deadline 60s" in answer.shown


async def test_who_waits_for_a_node_s_name_is_told_privately(house: House) -> None:
    house.cluster.inject("api-slow", seconds=30)
    ack = await house.slack.command("/cilium", "status node-7 --deadline 1s", channel=CHANNEL)
    assert ack.seconds < QUICKLY
    told = await house.slack.wait_for(
        lambda messages: next((m for m in messages if "Still waiting" in m.text), None)
    )
    assert told.ephemeral_to == house.slack.users["ana"]


async def test_throttling_invents_no_finding_and_hides_no_agent(house: House) -> None:
    house.cluster.inject("api-throttle", share=0.3)
    answer = await house.ask("status --deadline 4s")
    assert answer.ack.seconds < QUICKLY
    assert answer.findings == {}
    assert {gap.reason for gap in answer.gaps} <= {
        "The API server asks to slow down.",
        "The API server did not answer in time.",
        "No answer in time.",
    }
    assert answer.report.verdict in (Verdict.OK, Verdict.UNKNOWN)


async def test_api_server_that_refuses_everything_leaves_the_verdict_unknown(house: House) -> None:
    house.cluster.inject("api-throttle", share=1.0)
    answer = await house.ask("status --deadline 1s")
    assert answer.shown.startswith("❔ UNKNOWN")
    assert "nothing wrong" not in answer.shown
