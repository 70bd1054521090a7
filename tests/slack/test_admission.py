"""Access rules at the door: who is refused, what they are told, and where answers go."""

from __future__ import annotations

import json

from bot.model.access import ANY, CONFIGURED, AccessRules, Action, Effect, Rule
from tests.slack.conftest import House
from tests.slack.test_door import answered, private, public, shown


def use(house: House, *, ask: str = "", **about: str) -> None:
    """Replace the door's rules by one that allows what it is about."""
    old = house.door.admission
    parts = {
        field: frozenset(about.get(field, ANY).split())
        for field in ("users", "commands", "clusters", "channels")
    }
    rule = Rule(
        name="the one", effect=Effect.ALLOW, place="t:1", actions=frozenset([Action.RUN]), **parts
    )
    rules = AccessRules(rules=(rule,), channels=old.rules.channels, ask=ask)
    house.door.admission.rules = rules


async def refused(
    house: House, text: str, channel: str = "cilium-oncall", user: str = "ana"
) -> str:
    """What a person who is refused reads; nothing was run and nobody else saw anything."""
    ack = await house.workspace.command("/cilium", text, user=user, channel=channel)
    assert ack.status == 200
    told = await house.workspace.wait_for(
        lambda seen: next((m for m in private(seen) if "Nothing was run" in shown(m)), None),
        channel=channel,
    )
    assert told.ephemeral_to == house.workspace.users[user]
    assert not public(house.workspace.messages(channel))
    assert all(run.started_at is None for run in house.executor.journal.recent())
    return shown(told)


async def test_without_a_file_answers_outside_the_bot_s_channels_are_private(house: House) -> None:
    await house.workspace.command("/cilium", "status --cluster lab", channel="general")
    told = await house.workspace.wait_for(
        lambda seen: next((m for m in private(seen) if "took" in shown(m)), None), channel="general"
    )
    assert "not one of the bot's channels" in shown(told)
    assert not public(house.workspace.messages("general"))
    await house.workspace.command("/cilium", "status")
    await answered(house, "took")


async def test_without_a_file_a_guest_is_refused_and_told_whom_to_ask(house: House) -> None:
    page = await refused(house, "status", user="gus")
    assert "Guests of the workspace may not use the bot." in page
    assert "whoever runs this bot" in page


async def test_help_is_for_everybody(house: House) -> None:
    use(house, users="U0SOMEONE")
    ack = await house.workspace.command("/cilium", "help", user="zoe", channel="general")
    assert ack.status == 200
    (told,) = private(house.workspace.messages("general"))
    assert "/cilium status [NODE]" in shown(told)


async def test_a_refused_person_reads_that_no_rule_matched_and_whom_to_ask(house: House) -> None:
    use(house, commands="flows", ask="the <leads>")
    page = await refused(house, "status")
    assert "No rule allows `status` on prod-eu" in page
    assert "Whom to ask: the &lt;leads&gt;." in page


async def test_guest_is_refused_before_any_rule(house: House) -> None:
    use(house, users=house.workspace.users["gus"])
    page = await refused(house, "status", user="gus")
    assert "Guests of the workspace may not use the bot." in page


async def test_missing_scope_refuses_whom_no_rule_names_and_says_the_fix(house: House) -> None:
    house.workspace.fail("users.info", error="missing_scope", times=5)
    use(house, users=f"{ANY}")
    page = await refused(house, "status")
    assert "may allow" in page
    assert "reinstall it from config/slack-manifest.yaml" in page
    use(house, users="U0PLAYANA01")
    await house.workspace.command("/cilium", "status")
    await answered(house, "took")


async def test_outside_the_bot_s_channels_the_answer_is_private(house: House) -> None:
    use(house, channels=f"{ANY} {CONFIGURED}")
    await house.workspace.command(
        "/cilium", "status node-7 --cluster lab", user="ana", channel="general"
    )
    messages = await house.workspace.wait_for(
        lambda seen: private(seen) if len(private(seen)) >= 2 else None, channel="general"
    )
    looking, result = messages
    assert "not one of the bot's channels" in shown(result)
    assert "comes to you alone" in shown(looking)
    assert "FAILED" in shown(result)
    assert "cilium-oncall status node-7 --cluster lab" in shown(result)
    assert {m.ephemeral_to for m in messages} == {"U0PLAYANA01"}
    assert not public(house.workspace.messages("general"))


async def test_node_that_does_not_exist_is_told_in_private_too(house: House) -> None:
    use(house)
    await house.workspace.command(
        "/cilium", "status node-77 --cluster lab", user="ana", channel="general"
    )
    (told,) = await house.workspace.wait_for(private, channel="general")
    assert "Did you mean node-7" in json.dumps(told.blocks)


async def test_bot_that_ends_while_slack_is_asked_starts_nothing(house: House) -> None:
    house.workspace.delay("users.info", 0.3)
    await house.workspace.command("/cilium", "slow")
    await house.executor.close()
    told = await house.workspace.wait_for(private)
    assert "CANCELLED" in shown(told[0])
    assert all(run.started_at is None for run in house.executor.journal.recent())


async def test_without_channels_in_the_settings_every_channel_is_the_bot_s(house: House) -> None:
    house.door._channels = {}
    await house.workspace.command("/cilium", "status --cluster lab")
    await answered(house, "took")
    assert not private(house.workspace.messages("cilium-oncall"))
