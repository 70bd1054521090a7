"""What Slack says of a person, how long it holds, and what its silence means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.model.access import Standing
from bot.model.errors import ClientError, Throttled, Unreachable
from bot.playground.slack import Workspace
from bot.slack.people import AGAIN, CERTAIN, FRESH, STALE, People, standing_of
from bot.slack.reading import Identity, Reading
from bot.slack.webapi import Declined, WebApi
from tests.slack.virtual_clock import VirtualClock

MEMBER = {"id": "U1", "team_id": "T1", "deleted": False, "is_bot": False, "is_restricted": False}


class Slack:
    """Answers from memory, counts what it was asked, and fails on demand."""

    def __init__(self) -> None:
        self.trouble: ClientError | None = None
        self.group_trouble: ClientError | None = None
        self.asked: list[str] = []
        self.groups = {"S1": frozenset(["U1"]), "S2": frozenset[str]()}

    async def identity(self) -> Identity:
        return Identity(team_id="T1", team="", user_id="U0", user="cilium")

    async def user(self, user_id: str) -> Mapping[str, object]:
        self.asked.append(user_id)
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble
        return {**MEMBER, "id": user_id}

    async def members(self, group_id: str) -> frozenset[str]:
        self.asked.append(group_id)
        if self.group_trouble:
            raise self.group_trouble
        return self.groups[group_id]


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.mark.parametrize(
    ("user", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_restricted": True, "is_ultra_restricted": True}, Standing.GUEST),
        ({"is_ultra_restricted": True}, Standing.GUEST),
        ({"is_stranger": True}, Standing.FOREIGN),
        ({"team_id": "T2"}, Standing.FOREIGN),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2", "T1"]}}, Standing.MEMBER),
        ({"team_id": "T2", "enterprise_user": {"teams": "T1"}}, Standing.FOREIGN),
        ({"is_bot": True}, Standing.BOT),
        ({"id": "USLACKBOT"}, Standing.BOT),
        ({"deleted": True}, Standing.GONE),
        ({"is_restricted": None}, Standing.UNKNOWN),
        ({"team_id": None}, Standing.FOREIGN),
    ],
)
def test_standing(user: dict[str, Any], standing: Standing) -> None:
    assert standing_of({**MEMBER, **user}, "T1") is standing


def test_an_empty_answer_is_unknown() -> None:
    assert standing_of({}, "T1") is Standing.UNKNOWN
    assert standing_of(MEMBER, "") is Standing.UNKNOWN


async def test_answers_hold_and_are_asked_once_however_many_ask(slack, clock) -> None:
    people = People(slack, frozenset(["S1", "S2"]), clock)
    persons = await asyncio.gather(*(people.person("U1") for _ in range(50)))
    assert {(p.standing, p.groups, p.trouble) for p in persons} == {
        (Standing.MEMBER, frozenset(["S1"]), "")
    }
    assert sorted(slack.asked) == ["S1", "S2", "U1"]
    await clock.advance(FRESH + 1)
    await people.person("U1")
    assert sorted(slack.asked) == ["S1", "S1", "S2", "S2", "U1", "U1"]


async def test_what_matters_is_asked_again_soon(slack, clock) -> None:
    people = People(slack, frozenset(["S1"]), clock)
    await people.person("U1")
    await clock.advance(CERTAIN + 1)
    slack.groups["S1"] = frozenset()
    assert (await people.person("U1")).groups == {"S1"}
    assert (await people.person("U1", certain=True)).groups == frozenset()


async def test_silence_serves_reads_for_an_hour_and_never_what_matters(slack, clock) -> None:
    people = People(slack, frozenset(["S1"]), clock)
    await people.person("U1")
    slack.trouble = slack.group_trouble = Unreachable("Slack cannot be reached.")
    await clock.advance(FRESH + 1)
    assert (await people.person("U1")).standing is Standing.MEMBER
    certain = await people.person("U1", certain=True)
    assert certain.standing is Standing.UNKNOWN
    assert certain.unknown_groups == {"S1"}
    assert "Slack cannot be reached" in certain.trouble
    await clock.advance(STALE)
    assert (await people.person("U1")).standing is Standing.UNKNOWN


async def test_a_failure_is_not_repeated_at_once_and_429_waits_as_slack_says(slack, clock) -> None:
    people = People(slack, frozenset(), clock)
    slack.trouble = Throttled("Slack asks to wait.", retry_after=60)
    for _ in range(5):
        assert (await people.person("U1")).standing is Standing.UNKNOWN
    await clock.advance(AGAIN + 1)
    await people.person("U1")
    assert slack.asked == ["U1"]
    slack.trouble = None
    await clock.advance(60)
    assert (await people.person("U1")).standing is Standing.MEMBER


async def test_a_refused_reading_is_no_silence(slack, clock) -> None:
    people = People(slack, frozenset(["S1"]), clock)
    await people.person("U1")
    slack.group_trouble = Declined("usergroups.users.list", "plan_upgrade_required")
    await clock.advance(FRESH + 1)
    person = await people.person("U1")
    assert person.unknown_groups == {"S1"}
    assert "user groups need a paid plan of Slack; name people by id" in person.trouble


@pytest.mark.parametrize(
    ("reason", "standing", "said"),
    [
        ("user_not_found", Standing.GONE, ""),
        ("missing_scope", Standing.UNKNOWN, "reinstall it from config/slack-manifest.yaml"),
        ("invalid_auth", Standing.UNKNOWN, "invalid_auth"),
    ],
)
async def test_what_slack_declines(workspace: Workspace, reason, standing, said) -> None:
    api = WebApi(workspace.bot_token, workspace.api_url)
    await api.open()
    try:
        workspace.fail("users.info", error=reason)
        people = People(Reading(api), frozenset(), VirtualClock())
        person = await people.person("U0PLAYANA01")
    finally:
        await api.close()
    assert person.standing is standing
    assert said in person.trouble


async def test_the_real_client_reads_a_member(workspace: Workspace) -> None:
    api = WebApi(workspace.bot_token, workspace.api_url)
    await api.open()
    try:
        people = People(Reading(api), frozenset(), VirtualClock())
        assert (await people.person("U0PLAYANA01")).standing is Standing.MEMBER
        assert (await people.person("U0PLAYCILIUM")).standing is Standing.BOT
        assert (await people.person("U0NOBODY")).standing is Standing.GONE
    finally:
        await api.close()
