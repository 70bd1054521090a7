"""The form: a runbook's signature as a modal, and what a person filled in as a command's words.

Pure. Sources: "Modals", "Block Kit" and the ``input`` block, docs.slack.dev.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.engine.parameters import Kind, Parameter
from bot.engine.registry import Procedure, Registry
from bot.model.errors import UsageError
from bot.slack import limits, messages
from bot.slack.asked import Asked, words_by_name
from bot.slack.blocks import Block, context, section
from bot.slack.help import by_need
from bot.slack.mrkdwn import escape, plain

CALLBACK = "form"
COMMAND = "form.command"
CLUSTER = "form.cluster"
FIELD = "form.field"
FLAGS = "flags"

View = dict[str, Any]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What decides which fields there are.

    ``cluster`` is empty until one is chosen; ``nodes`` are its nodes' names, ``None`` until known.
    """

    runbook: Procedure
    cluster: str
    nodes: tuple[str, ...] | None = None

    @property
    def waits_for_nodes(self) -> bool:
        """Whether there is a field whose choices are not known yet."""
        return self.nodes is None and any(p.kind is Kind.NODE for p in self.runbook.parameters)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What the form carries for itself: where it was asked for, and which fields it shows."""

    channel: str
    user_name: str
    response_url: str
    thread: str = ""
    command: str = ""
    cluster: str = ""


def view(registry: Registry, clusters: Sequence[str], asked: Asked, chosen: Chosen) -> View:
    """The modal for one command on one cluster."""
    memory = Memory(
        channel=asked.channel,
        user_name=asked.user_name,
        response_url=asked.response_url,
        thread=asked.thread,
        command=chosen.runbook.name,
        cluster=chosen.cluster,
    )
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(messages.FORM_TITLE),
        "submit": _plain(messages.FORM_SUBMIT),
        "close": _plain(messages.FORM_CLOSE),
        "private_metadata": msgspec.json.encode(memory).decode(),
        "blocks": [
            *_first(registry, clusters, chosen),
            *_fields(chosen),
            context(messages.FORM_HELP),
        ],
    }


def notice(text: str) -> View:
    """A modal that only says something."""
    title, close = _plain(messages.FORM_TITLE), _plain(messages.FORM_CLOSE)
    return {"type": "modal", "title": title, "close": close, "blocks": [section(text)]}


def memory_of(shown: Mapping[str, Any]) -> Memory:
    """What a form of ours remembers; raises :class:`msgspec.MsgspecError` for anything else."""
    return msgspec.json.decode(str(shown.get("private_metadata", "")), type=Memory)


def picked(shown: Mapping[str, Any], block_id: str) -> str:
    """The value of a menu that is chosen now."""
    for field in _values(shown).get(block_id, {}).values():
        return str((field.get("selected_option") or {}).get("value", ""))
    return ""


def words(shown: Mapping[str, Any], runbook: Procedure, cluster: str) -> str | dict[str, str]:
    """``status node-7 --deep --cluster prod``, or what is wrong by ``block_id``."""
    given: dict[str, str] = {}
    wrong: dict[str, str] = {}
    there = _blocks(shown)
    for parameter in runbook.typed:
        block_id = _block_id(parameter, runbook, cluster)
        typed = _filled_in(shown, parameter, block_id)
        place = block_id if block_id in there else COMMAND
        if typed:
            try:
                given[parameter.name] = parameter.read(typed)
            except UsageError as error:
                wrong[place] = str(error)
        elif parameter.required:
            wrong[place] = messages.FORM_NEEDED.format(what=parameter.placeholder)
    if wrong:
        return wrong
    return " ".join([*words_by_name(runbook, given), "--cluster", cluster])


def node_fields(runbook: Procedure, cluster: str) -> list[str]:
    """The fields that hold nodes, by ``block_id``."""
    nodes = (p for p in runbook.parameters if p.kind is Kind.NODE)
    return [_block_id(parameter, runbook, cluster) for parameter in nodes]


def _first(registry: Registry, clusters: Sequence[str], chosen: Chosen) -> Iterator[Block]:
    first, rest = by_need(registry)
    names = [runbook.name for runbook in (*first, *rest)]
    yield _changing(COMMAND, messages.FORM_COMMAND, _menu(COMMAND, names, chosen.runbook.name))
    yield context(escape(chosen.runbook.summary, 300))
    if len(clusters) > 1:
        menu = _menu(CLUSTER, clusters, chosen.cluster)
        yield _changing(CLUSTER, messages.FORM_CLUSTER, menu)
    else:
        yield context(f"{messages.FORM_CLUSTER}: {escape(chosen.cluster, 80)}")


def _fields(chosen: Chosen) -> Iterator[Block]:
    runbook, cluster = chosen.runbook, chosen.cluster
    for parameter in runbook.typed:
        if parameter.kind is Kind.FLAG:
            continue
        if parameter.kind is Kind.NODE and chosen.waits_for_nodes:
            asks = messages.FORM_ASKS_NODES.format(cluster=escape(cluster, 80))
            yield context(asks if cluster else messages.FORM_ASKS_CLUSTER)
            continue
        choices = chosen.nodes or () if parameter.kind is Kind.NODE else parameter.choices
        yield _field(parameter, _block_id(parameter, runbook, cluster), choices)
    flags = [p for p in runbook.parameters if p.kind is Kind.FLAG]
    if flags:
        yield _checkboxes(f"{runbook.name}/{FLAGS}", flags)


def _field(parameter: Parameter, block_id: str, choices: Sequence[str]) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(parameter.name.replace("_", " ").capitalize()),
        "optional": not parameter.required,
    }
    if 0 < len(choices) <= limits.OPTIONS and max(map(len, choices)) <= limits.OPTION_VALUE:
        return {**block, "element": _menu(FIELD, choices)}
    element = {"type": "plain_text_input", "action_id": FIELD, "max_length": limits.TYPED}
    return {**block, "hint": _plain(parameter.expected), "element": element}


def _checkboxes(block_id: str, flags: Sequence[Parameter]) -> Block:
    options = [_option(flag.option, flag.name) for flag in flags]
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(messages.FORM_FLAGS),
        "optional": True,
        "element": {"type": "checkboxes", "action_id": FIELD, "options": options},
    }


def _changing(block_id: str, label: str, menu: dict[str, Any]) -> Block:
    """A field that decides which others there are."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label),
        "dispatch_action": True,
        "element": menu,
    }


def _menu(action_id: str, values: Sequence[str], initial: str = "") -> dict[str, Any]:
    options = [_option(value, value) for value in values[: limits.OPTIONS]]
    menu: dict[str, Any] = {"type": "static_select", "action_id": action_id, "options": options}
    return {**menu, "initial_option": _option(initial, initial)} if initial in values else menu


def _option(label: str, value: str) -> dict[str, Any]:
    return {"text": _plain(plain(label, limits.OPTION)), "value": value[: limits.OPTION_VALUE]}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _block_id(parameter: Parameter, runbook: Procedure, cluster: str) -> str:
    """Another command or cluster has other fields: nothing chosen for one is read for another."""
    return f"{runbook.name}/{parameter.name}/{cluster}"[: limits.BLOCK_ID]


def _filled_in(shown: Mapping[str, Any], parameter: Parameter, block_id: str) -> str:
    if parameter.kind is Kind.FLAG:
        flags = _values(shown).get(f"{block_id.split('/')[0]}/{FLAGS}", {}).get(FIELD, {})
        on = {option.get("value") for option in flags.get("selected_options") or ()}
        return "true" if parameter.name in on else ""
    field = _values(shown).get(block_id, {}).get(FIELD, {})
    chosen = (field.get("selected_option") or {}).get("value")
    return str(chosen or field.get("value") or "").strip()


def _values(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = (shown.get("state") or {}).get("values") or {}
    return values


def _blocks(shown: Mapping[str, Any]) -> set[str]:
    return {str(block.get("block_id")) for block in shown.get("blocks") or ()}
