"""Stories of the home tab, told over the real wire: events and clicks in, views.publish out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bot.model.access import AccessRules
from bot.model.errors import StoreUnavailable
from bot.model.run import Door, RunRecord
from bot.playground.slack.records import Message
from tests.slack.conftest import House
from tests.slack.test_admission import use
from tests.slack.test_door import answered, public, shown


def tab(house: House, user: str = "ana") -> str:
    """Everything a person's home tab says."""
    home = house.workspace.modals.home(user)
    return json.dumps(home.content["blocks"], ensure_ascii=False) if home else ""


async def until(wanted: Callable[[], Any], timeout: float = 8.0) -> Any:
    async with asyncio.timeout(timeout):
        while not (seen := wanted()):
            await asyncio.sleep(0.02)
        return seen


async def opened(house: House, user: str = "ana", word: str = "As of") -> str:
    """Open the home tab and wait for ``word`` to be there."""
    house.workspace.modals.open_home(user)
    await until(lambda: word in tab(house, user))
    return tab(house, user)


async def click(house: House, action_id: str, *, user: str = "ana", block: str = "",
                selected: Any = None) -> None:  # fmt: skip
    """Use a control of the home tab, the one in the row that says ``block``."""
    home = house.workspace.modals.home(user)
    assert home is not None
    row = next(b for b in home.content["blocks"]
               if b.get("accessory", {}).get("action_id") == action_id
               and block in json.dumps(b))  # fmt: skip
    ack = await house.workspace.modals.click(
        action_id, user=user, view=home, block_id=row["block_id"], selected=selected
    )
    assert ack.status == 200
    assert ack.error is None


def publishes(house: House) -> int:
    return sum(call.method == "views.publish" for call in house.workspace.calls)


async def test_slack_s_address_check_is_answered(house: House) -> None:
    assert await house.workspace.events.verify_url()


async def test_somebody_new_sees_clusters_never_looked_at_and_no_runs(house: House) -> None:
    text = await opened(house)
    assert "*prod-eu*" in text
    assert "*lab*" in text
    assert "Never looked." in text
    assert "None yet." in text


async def test_the_messages_tab_publishes_nothing(house: House) -> None:
    house.workspace.modals.open_home("ana", tab="messages")
    await asyncio.sleep(0.2)
    assert publishes(house) == 0


async def test_a_status_is_there_with_its_verdict_and_a_link_to_its_message(house: House) -> None:
    await house.workspace.command("/cilium", "status")
    live = await answered(house, "OK")
    text = await opened(house, word="took")
    assert "*prod-eu* · ✅ OK" in text
    assert "✅ OK · `/cilium status` · prod-eu" in text
    assert f"/archives/{live.channel}/p{live.ts.replace('.', '')}|message>" in text


async def test_a_status_of_one_node_is_no_verdict_on_the_cluster(house: House) -> None:
    await house.workspace.command("/cilium", "status node-7")
    await answered(house, "FAILED")
    text = await opened(house, word="took")
    assert "⛔ FAILED · `/cilium status node-7`" in text
    assert "*prod-eu*\\nNever looked." in text


async def test_what_begins_and_ends_shows_without_a_click(house: House) -> None:
    await opened(house)
    await house.workspace.command("/cilium", "slow", user="ben")
    await until(lambda: "began" in tab(house), timeout=10)
    assert "⏳ `/cilium slow` · prod-eu" in tab(house)
    await until(lambda: "took" in tab(house), timeout=15)
    assert "⏳" not in tab(house)


async def test_progress_of_a_run_is_there_with_its_age(house: House) -> None:
    await house.workspace.command("/cilium", "slow")
    await answered(house, "of 25")
    text = await opened(house)
    assert "asking agents (" in text


async def test_runs_that_never_began_are_not_shown(house: House) -> None:
    use(house, users=house.workspace.users["ana"])
    await house.workspace.command("/cilium", "status", user="zoe")
    await house.workspace.command("/cilium", "status node-77", user="ana")
    await until(lambda: len(house.executor.journal.recent()) == 2)
    await until(lambda: all(r.state.terminal for r in house.executor.journal.recent()))
    assert "None yet." in await opened(house)


async def test_a_guest_reads_why_there_is_nothing(house: House) -> None:
    text = await opened(house, "gus")
    assert "Guests of the workspace may not use the bot." in text
    assert "whoever runs this bot" in text
    assert "prod-eu" not in text
    text = await opened(house, "kim")
    assert "People of other workspaces may not use the bot." in text


async def test_access_rules_decide_which_clusters_and_runs_are_there(house: House) -> None:
    await house.workspace.command("/cilium", "status --cluster lab", user="ben")
    await answered(house, "OK")
    await house.workspace.command("/cilium", "flows", user="ben")
    await until(lambda: len(public(house.workspace.messages("cilium-oncall"))) == 2)
    use(house, clusters="prod-eu", commands="flows", users=house.workspace.users["ana"])
    text = await opened(house)
    assert "lab" not in text
    assert "/cilium flows" in text
    assert "home.status" not in text
    text = await opened(house, "zoe")
    assert "No access rule lets you run a command on any cluster." in text
    assert "prod-eu" not in text


async def test_a_private_answer_is_its_requester_s_alone(house: House) -> None:
    await house.workspace.command("/cilium", "flows --cluster lab", user="ana", channel="general")
    await until(lambda: any(r.state.terminal for r in house.executor.journal.recent()))
    assert "None yet." in await opened(house, "ben")
    text = await opened(house, "ana", word="took")
    assert "/cilium flows" in text
    assert "|message>" not in text


async def test_status_button_answers_in_the_cluster_s_channel_once(house: House) -> None:
    await opened(house)
    await asyncio.gather(
        click(house, "home.status", block="*prod-eu*"),
        click(house, "home.status", block="*prod-eu*"),
    )
    live = await answered(house, "took")
    assert "@ana" in shown(live)
    await until(lambda: "*prod-eu* · ✅ OK" in tab(house), timeout=10)
    assert "Looking at" not in tab(house)
    assert len(house.executor.journal.recent()) == 1


async def test_whoever_starts_a_run_reads_where_its_answer_comes(house: House) -> None:
    await opened(house)
    house.workspace.delay("chat.postMessage", 0.3)
    await click(house, "home.status", block="*prod-eu*")
    channel = house.workspace.channels["cilium-oncall"]
    await until(
        lambda: any(
            f"The answer comes in <#{channel}>." in json.dumps(call.arguments, ensure_ascii=False)
            for call in house.workspace.calls
            if call.method == "views.publish"
        )
    )


async def test_a_fault_of_ours_is_said_in_the_tab(house: House, monkeypatch: Any) -> None:
    await opened(house)

    async def broken(*_: object, **__: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(house.executor, "start", broken)
    await click(house, "home.status", block="*prod-eu*")
    await until(lambda: "The bot failed on this click" in tab(house))


async def test_status_of_a_cluster_without_a_channel_answers_in_direct_messages(
    house: House,
) -> None:
    text = await opened(house)
    assert "Status of lab answers in the Messages tab here." in text
    await click(house, "home.status", block="*lab*")

    def told() -> list[Message]:
        return [m for m in house.workspace.direct_messages("ana") if "took" in shown(m)]

    (answer,) = await until(told)
    assert "lab" in answer.text
    assert not public(house.workspace.messages("cilium-oncall"))


async def test_status_that_the_rules_refuse_is_said_in_the_tab(house: House) -> None:
    await opened(house)
    use(house, commands="flows")
    await click(house, "home.status", block="*prod-eu*")
    await until(lambda: "No rule allows" in tab(house))
    assert not house.executor.journal.recent()


async def test_a_rule_that_changes_before_the_run_begins_is_said_in_the_tab(house: House) -> None:
    await opened(house)
    strict = AccessRules(rules=(), channels=house.door.admission.rules.channels)
    admit = house.door.admission.admit

    async def too_late(record: RunRecord) -> None:
        house.door.admission.rules = strict
        await admit(record)

    house.executor.answer_through(
        Door.SLACK,
        house.door._reporter,
        too_late,
    )
    await click(house, "home.status", block="*prod-eu*")
    await until(lambda: "No rule allows" in tab(house))
    assert not public(house.workspace.messages("cilium-oncall"))


async def test_pins_are_kept_for_the_person_and_can_be_taken_back(house: House) -> None:
    await opened(house)
    await click(house, "home.pin", selected=["lab"])
    await until(lambda: "Pinned clusters" in tab(house))
    assert "*prod-eu*" not in tab(house)
    assert "*prod-eu*" in await opened(house, "ben")
    await click(house, "home.pin", selected=[])
    await until(lambda: "*prod-eu*" in tab(house))
    assert "Pinned clusters" not in tab(house)


async def test_refresh_publishes_again(house: House) -> None:
    await opened(house)
    before = publishes(house)
    await click(house, "home.refresh")
    await until(lambda: publishes(house) == before + 1)


async def test_slack_that_asks_to_wait_gets_the_tab_later_and_once(house: House) -> None:
    house.workspace.throttle("views.publish", retry_after=1, times=1)
    for _ in range(5):
        house.workspace.modals.open_home("ana")
    assert "*prod-eu*" in await opened(house)
    assert publishes(house) <= 4


async def test_a_store_that_is_away_is_said_and_all_clusters_are_there(
    house: House, monkeypatch: Any
) -> None:
    await opened(house)
    await click(house, "home.pin", selected=["lab"])
    await until(lambda: "Pinned clusters" in tab(house))
    await house.workspace.command("/cilium", "status")
    await answered(house, "OK")

    async def away(*_: object) -> None:
        raise StoreUnavailable("The store at 10.0.0.1:6379 cannot be reached.")

    memory = house.door.home._memory
    for name in ("verdicts", "pinned", "opened", "openers", "pin", "keep"):
        monkeypatch.setattr(memory, name, away)
    await opened(house, word="cannot be reached")
    assert "*lab*" in tab(house)
    assert "*prod-eu* · ✅ OK" in tab(house)
    await click(house, "home.pin", selected=["lab"])
    await until(lambda: "Nothing was pinned" in tab(house))


async def test_an_event_and_clicks_of_odd_form_harm_nobody(house: House) -> None:
    event = {"type": "app_home_opened", "tab": "home", "user": {"id": 1}, "channel": None}
    body = {"type": "event_callback", "event": event, "team_id": "T1", "api_app_id": "A1"}
    status, _ = await house.send(json.dumps(body).encode(), content_type="application/json")
    assert status == 200
    await asyncio.sleep(0.1)
    assert publishes(house) == 0
