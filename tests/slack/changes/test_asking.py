"""Whom a change is told, and where: approvers, the second group, requesters from elsewhere."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from bot.model.access import ANY, AccessRules, Action, Effect, Rule
from bot.model.approval import ApprovalRule
from bot.model.change import ChangeState, Word
from tests.slack.changes.house import BY_BEN, ELSEWHERE, HERE, House, shown


async def test_at_half_time_the_first_are_reminded_and_the_second_are_asked(house: House) -> None:
    change = await house.ask()
    card = await house.direct("You may decide", user="ben")
    assert not house.workspace.direct_messages("zoe")
    reminder = await house.direct("Half of the time is over", user="ben")
    assert reminder.ts != card.ts
    second = await house.direct("You may decide", user="zoe")
    await house.press(second, Word.APPROVE, user="zoe")
    await house.until(change, ChangeState.DONE)
    await house.seen("✅ DONE")
    for ts in (card.ts, reminder.ts):
        async with asyncio.timeout(5):
            while "DONE" not in shown(
                next(m for m in house.workspace.direct_messages("ben") if m.ts == ts)
            ):
                await asyncio.sleep(0.02)
    asked = [m for m in house.workspace.direct_messages("zoe") if m.bot]
    assert len(asked) == 1


async def test_nobody_decides_in_time_and_everybody_reads_so(house: House) -> None:
    change = await house.ask()
    await house.until(change, ChangeState.EXPIRED, within=25)
    expired = await house.seen("⌛ EXPIRED")
    assert "Nothing was done" in shown(expired)
    assert not [b for b in expired.blocks if b["type"] == "actions"]
    assert "EXPIRED" in shown(await house.direct("EXPIRED", user="ben"))


async def test_asked_for_elsewhere_it_is_told_in_the_channel_of_its_cluster(house: House) -> None:
    change = await house.ask("delete node-1 --cluster prod", channel=ELSEWHERE)
    said = await house.told("This is not the channel of prod", channel=ELSEWHERE)
    assert house.workspace.channels[HERE] in shown(said)
    message = await house.seen("APPROVE?", channel=HERE)
    assert not [m for m in house.workspace.messages(ELSEWHERE) if m.bot and not m.ephemeral_to]
    await house.press(message, Word.APPROVE, user="ben")
    await house.until(change, ChangeState.DONE)
    alone = await house.direct("✅ DONE", user="ana")
    assert "You asked for it elsewhere" in shown(alone)


async def test_without_the_right_to_request_nothing_is_shown_to_anybody_else(house: House) -> None:
    every = frozenset([ANY])
    only_reading = Rule(
        name="reading", effect=Effect.ALLOW, place="access.yaml:7", actions=frozenset([Action.RUN]),
        users=every, commands=every, clusters=every, channels=every,
    )  # fmt: skip
    house.door.admission.rules = AccessRules(rules=(only_reading,), ask="the leads")
    change = await house.ask()
    refusal = await house.told("Nothing was asked for")
    assert "the leads" in shown(refusal)
    assert (await house.until(change, ChangeState.REFUSED)).plan is None
    await asyncio.sleep(0.3)
    assert not [m for m in house.workspace.messages(HERE) if "delete" in shown(m) and m.bot
                and not m.ephemeral_to]  # fmt: skip
    assert not house.workspace.direct_messages("ben")


async def test_a_plan_that_is_refused_says_why_where_it_was_asked_for(house: House) -> None:
    await house.ask("delete node-9")
    refused = await house.seen("⛔ REFUSED")
    assert "There is no agent on node-9" in shown(refused)
    assert "Look again" in shown(refused)


async def test_a_group_that_slack_does_not_tell_is_rung_in_the_channel(house: House) -> None:
    house.workspace.fail("usergroups.users.list", error="plan_upgrade_required", times=50)
    await house.ask()
    rung = await house.seen("<!subteam^S0PLAYAPPROVE>", but=lambda m: m.thread_ts is None)
    assert "waits for your approval" in shown(rung)


class TestSolo:
    @pytest.fixture
    def rules(self) -> tuple[ApprovalRule, ...]:
        return (
            msgspec.structs.replace(
                BY_BEN,
                approvers=msgspec.structs.replace(
                    BY_BEN.approvers, users=frozenset(["U0PLAYANA01"])
                ),
                solo_after=60.0,
            ),
        )

    async def test_one_person_goes_on_alone_loudly_and_is_reviewed(self, house: House) -> None:
        change = await house.ask()
        message = await house.seen("Go on alone")
        await house.press(message, Word.SOLO, user="ana")
        form = house.workspace.modals.top("ana")
        assert form is not None
        assert "without a second person" in str(form.content)
        await house.workspace.modals.submit({"typed": {"typed": "all are asleep"}}, user="ana")
        loud = await house.seen("goes on alone with")
        assert "all are asleep" in shown(loud)
        assert "<!subteam^S0PLAYAPPROVE>" in shown(loud)
        await house.until(change, ChangeState.DONE)
        done = await house.seen("I reviewed it")
        await house.press(done, Word.REVIEWED, user="ana")
        await house.told("Somebody else must look", user="ana")
        await house.press(done, Word.REVIEWED, user="ben")
        assert "Reviewed by @ben" in shown(await house.seen("Reviewed by"))
