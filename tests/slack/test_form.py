"""The form over the real wire: opened at once, filled in later, wrong fields named, one run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from bot.engine.grammar import parse
from bot.engine.grammar import words as split
from bot.engine.registry import Procedure, Registry
from bot.playground.slack.records import Message, View
from bot.slack import asking, form
from bot.slack.asked import Asked, words_of
from tests.engine.test_grammar import CHANGES
from tests.slack.conftest import House, registry

HERE = "cilium-oncall"
NODE = "status/node/prod-eu"
T = TypeVar("T")


async def until(wanted: Callable[[], T | None]) -> T:
    async with asyncio.timeout(5):
        while not (found := wanted()):
            await asyncio.sleep(0.01)
        return found


def fields(view: View) -> dict[str, Any]:
    """The elements of a form by block id; what only stands there is left out."""
    return {b["block_id"]: b["element"] for b in view.content["blocks"] if b["type"] == "input"}


async def opened(house: House, *, channel: str = HERE, with_field: str = NODE) -> View:
    await house.workspace.command("/cilium", "", channel=channel)
    view = await until(house.workspace.modals.top)
    await until(lambda: with_field in fields(view))
    return view


async def choose(house: House, view: View, menu: str, value: str, *, field: str) -> None:
    ack = await house.workspace.modals.click(menu, selected=value)
    assert ack.status == 200
    await until(lambda: field in fields(view))


async def live(house: House, word: str) -> Message:
    def there(messages: list[Message]) -> Message | None:
        public = (m for m in messages if m.bot and not m.ephemeral_to)
        return next((m for m in public if word in json.dumps(m.blocks, ensure_ascii=False)), None)

    return await house.workspace.wait_for(there)


async def test_a_form_is_there_at_once_and_knows_the_nodes_a_little_later(house: House) -> None:
    asked = asyncio.Event()

    async def names() -> list[str]:
        await asked.wait()
        return ["node-1", "node-2", "node-7"]

    house.executor.clusters["prod-eu"].reads.node_names = names  # type: ignore[method-assign]
    await house.workspace.command("/cilium")
    view = await until(house.workspace.modals.top)
    assert NODE not in fields(view)
    assert "Asking prod-eu for its nodes" in json.dumps(view.content, ensure_ascii=False)
    asked.set()
    await until(lambda: NODE in fields(view))
    assert [o["value"] for o in fields(view)[NODE]["options"]] == ["node-1", "node-2", "node-7"]
    assert view.content["title"]["text"] == "Cilium on-call"


async def test_submitting_starts_the_run_in_the_channel(house: House) -> None:
    await opened(house)
    ack = await house.workspace.modals.submit(
        {NODE: {form.FIELD: "node-7"}, "status/flags": {form.FIELD: ["deep"]}}
    )
    assert (ack.status, ack.error) == (200, None)
    assert house.workspace.modals.top() is None
    answer = await live(house, "FAILED")
    assert "/cilium status node-7 --deep" in json.dumps(answer.blocks)
    assert "asked by @ana" in json.dumps(answer.blocks)


async def test_another_command_brings_its_fields(house: House) -> None:
    view = await opened(house)
    await choose(house, view, form.COMMAND, "flows", field="flows/verdict/prod-eu")
    assert set(fields(view)) == {form.COMMAND, form.CLUSTER, "flows/verdict/prod-eu"}
    await house.workspace.modals.submit({"flows/verdict/prod-eu": {form.FIELD: "forwarded"}})
    await live(house, "/cilium flows --verdict forwarded")


async def test_another_cluster_is_where_it_runs(house: House) -> None:
    view = await opened(house)
    await choose(house, view, form.CLUSTER, "lab", field="status/node/lab")
    await house.workspace.modals.submit({})
    await live(house, "lab")
    [record] = await house.executor.recent()
    assert record.request.cluster == "lab"


async def test_no_cluster_is_guessed_where_none_is_bound(house: House) -> None:
    await house.workspace.command("/cilium", "", channel="network-approvals")
    view = await until(house.workspace.modals.top)
    assert "Choose a cluster" in json.dumps(view.content)
    assert (await house.workspace.modals.submit({})).error == "incomplete"
    await choose(house, view, form.CLUSTER, "lab", field="status/node/lab")


async def test_what_is_wrong_stands_at_its_field(house: House) -> None:
    view = await opened(house)
    await choose(house, view, form.COMMAND, "trace", field="trace/node/prod-eu")
    wrong = {
        "trace/pod/prod-eu": {form.FIELD: "Not A Pod"},
        "trace/since/prod-eu": {form.FIELD: "soon"},
    }
    await house.workspace.modals.submit(wrong)
    errors = house.workspace.modals.errors(view)
    assert set(errors) == set(wrong)
    assert "NAMESPACE/POD" in errors["trace/pod/prod-eu"]
    assert "15m" in errors["trace/since/prod-eu"]
    right = {
        "trace/pod/prod-eu": {form.FIELD: "checkout/cart-1"},
        "trace/since/prod-eu": {form.FIELD: "15m"},
    }
    await house.workspace.modals.submit(right)
    await live(house, "/cilium trace checkout/cart-1 --since 15m")


async def test_a_typed_node_is_looked_up_before_the_form_closes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster with more nodes than a menu takes has a field to type into."""
    many = [f"node-{number}" for number in range(101)]
    reads = house.executor.clusters["prod-eu"].reads
    monkeypatch.setattr(reads, "node_names", lambda: asyncio.sleep(0, many))
    view = await opened(house)
    assert fields(view)[NODE]["type"] == "plain_text_input"
    await house.workspace.modals.submit({NODE: {form.FIELD: "nod-7"}})
    assert "no node 'nod-7'" in house.workspace.modals.errors(view)[NODE]
    await house.workspace.modals.submit({NODE: {form.FIELD: "node-7"}})
    await live(house, "FAILED")


async def test_a_silent_cluster_leaves_a_field_to_type_into(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "NODES_WITHIN", 0.05)
    reads = house.executor.clusters["prod-eu"].reads
    monkeypatch.setattr(reads, "node_names", lambda: asyncio.sleep(60))
    view = await opened(house)
    assert fields(view)[NODE]["type"] == "plain_text_input"


async def test_submitted_before_the_fields_came_it_shows_them_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened(house)
    house.workspace.fail("views.update", error="hash_conflict", times=2)
    await house.workspace.modals.click(form.COMMAND, selected="trace")
    await house.workspace.modals.submit({})
    assert "trace/pod/prod-eu" in fields(view)
    assert not await house.executor.recent()


async def test_impatient_submissions_are_one_run(house: House) -> None:
    view = await opened(house)
    submit = house.workspace.modals.submit
    await asyncio.gather(*(submit({NODE: {form.FIELD: "node-1"}}) for _ in range(5)))
    assert house.workspace.modals.top() is not view
    await live(house, "✅ OK")
    await asyncio.sleep(0.2)
    assert len(await house.executor.recent()) == 1


async def test_a_refusal_is_told_privately(house: House) -> None:
    await house.workspace.command("/cilium", "", user="gus")
    view = await until(lambda: house.workspace.modals.top("gus"))
    await until(lambda: NODE in fields(view))
    await house.workspace.modals.submit({}, user="gus")
    refusal = await house.workspace.wait_for(
        lambda there: next((m for m in there if "Guests" in m.text), None)
    )
    assert refusal.ephemeral_to == house.workspace.users["gus"]


@pytest.mark.parametrize(
    ("error", "why"),
    [("expired_trigger_id", "three seconds"), ("invalid_auth", "invalid_auth")],
)
async def test_without_a_form_the_commands_to_type_are_told(
    house: House, error: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.workspace.fail("views.open", error=error)
    with caplog.at_level(logging.WARNING):
        await house.workspace.command("/cilium")
        told = await house.workspace.wait_for(
            lambda there: next((m for m in there if m.ephemeral_to), None)
        )
    said = json.dumps(told.blocks)
    assert why in said
    assert "/cilium status [NODE] [--deep]" in said


async def test_a_real_trigger_that_is_too_old_is_told(house: House) -> None:
    house.workspace.delay("views.open", 0.3)
    asked = asyncio.create_task(house.workspace.command("/cilium"))
    await asyncio.sleep(0.1)
    house.workspace.expire_triggers()
    await asked
    told = await house.workspace.wait_for(
        lambda there: next((m for m in there if m.ephemeral_to), None)
    )
    assert "three seconds" in json.dumps(told.blocks)
    assert house.workspace.modals.top() is None


def view_of(runbook: Procedure, known: Registry) -> form.View:
    asked = Asked(channel="C1", user="U0ANA", user_name="ana", text="", response_url="https://x/1")
    chosen = form.Chosen(runbook=runbook, cluster="prod-eu", nodes=("node-1",))
    return form.view(known, ["lab", "prod-eu"], asked, chosen)


@pytest.mark.parametrize("runbook", list(registry()), ids=lambda runbook: runbook.name)
def test_every_parameter_of_every_command_has_a_field(runbook: Procedure) -> None:
    shown = json.dumps(view_of(runbook, registry()))
    for parameter in runbook.parameters:
        assert f"{runbook.name}/{parameter.name}/" in shown or f'"{parameter.name}"' in shown


@pytest.mark.parametrize("memory", ["", "[]", '{"channel": "C1"}', None])
async def test_a_form_of_another_version_runs_nothing(house: House, memory: str | None) -> None:
    view = await opened(house)
    if memory is None:
        known = json.loads(view.content["private_metadata"])
        memory = json.dumps({**known, "cluster": "gone"})
    view.content = {**view.content, "private_metadata": memory}
    view.typed = {form.CLUSTER: {form.CLUSTER: ""}}
    for block in view.content["blocks"]:
        block["optional"] = True
    await house.workspace.modals.submit({})
    assert "another version" in json.dumps(view.content)
    assert not await house.executor.recent()


def test_a_remedys_form_asks_why_and_for_which_incident() -> None:
    known = Registry([CHANGES.get("restart")])
    restart = known.get("restart")
    view = view_of(restart, known)
    typed = {
        "node": "node-1",
        "for": "2h",
        "reason": 'it’s stuck & <nobody> "knows" --why',
        "incident": "INC-1",
    }
    values = {
        f"restart/{name}/prod-eu": {form.FIELD: {"value": value}} for name, value in typed.items()
    }
    words = form.words({**view, "state": {"values": values}}, restart, "prod-eu")
    assert isinstance(words, str)
    command = parse(known, split(words))
    assert command.parameters == {"node": "node-1", "for": "2h"}
    assert command.reason == 'it\'s stuck & <nobody> "knows" --why'
    assert (command.incident, command.cluster) == ("INC-1", "prod-eu")


def test_a_remedy_is_asked_for_in_the_words_it_was_asked_for() -> None:
    command = parse(CHANGES, split("restart node-1 --hard --reason='--why not' --incident #7"))
    assert parse(CHANGES, split(words_of(command))) == command
