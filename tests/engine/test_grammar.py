"""What people type, on phones too, and what becomes of it."""

from dataclasses import KW_ONLY
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.authoring import (
    Acting,
    Check,
    Duration,
    Looking,
    Namespace,
    NodeName,
    Plan,
    PodName,
    Remedy,
    Report,
    Run,
    Version,
    remedy,
    runbook,
)
from bot.engine.grammar import Command, one_word, parse, words, words_of_arguments
from bot.engine.parameters import Kind, Parameter
from bot.engine.registry import Registry, remedy_of, runbook_of
from bot.model.errors import UsageError


@runbook("status", patient_when=["deep"])
async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report:
    """Health of the agents."""
    raise NotImplementedError


@runbook("flows")
async def flows(
    run: Run,
    source: PodName,
    destination: PodName,
    *,
    since: Duration = Duration(900.0),  # noqa: B008
    namespace: Namespace | None = None,
    verdict: Literal["any", "dropped"] = "any",
    to: Version | None = None,
) -> Report:
    """Flows between two pods."""
    raise NotImplementedError


REGISTRY = Registry([runbook_of(status), runbook_of(flows)])


@pytest.mark.parametrize(
    ("typed_", "read"), [("3", "3"), ("120", "120"), ("0", None), ("-1", None), ("03", None),
                         ("v3", None), ("1.18", None), ("latest", None)],
)  # fmt: skip
def test_a_revision_is_a_number_from_one(typed_: str, read: str | None) -> None:
    parameter = Parameter("revision", Kind.REVISION, positional=True, required=False)
    assert parameter.usage == "[REVISION]"
    if read is None:
        with pytest.raises(UsageError, match="is not the number of a revision, such as 3"):
            parameter.read(typed_)
    else:
        assert parameter.read(typed_) == read
        assert parameter.value(read) == int(read)


def typed(text: str) -> Command:
    return parse(REGISTRY, words(text))


def test_usage_comes_from_the_signature() -> None:
    assert REGISTRY.get("status").usage == "status [NODE] [--deep]"
    assert REGISTRY.get("flows").usage == (
        "flows SOURCE DESTINATION [--since DURATION] [--namespace NAMESPACE] "
        "[--verdict any|dropped] [--to VERSION]"
    )


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("status", {}),
        ("  STATUS   node-7 ", {"node": "node-7"}),
        ("status NODE-7", {"node": "node-7"}),
        ("status --deep", {"deep": "true"}),
        ("status --deep=false node-7", {"deep": "false", "node": "node-7"}),
        ("status —deep", {"deep": "true"}),
        ("status –deep", {"deep": "true"}),
        ("status −−deep", {"deep": "true"}),
        ("status “node-7”", {"node": "node-7"}),
        ("status ‘node-7’", {"node": "node-7"}),
        ("status\u00a0node-7", {"node": "node-7"}),
        ("status <http://node-7.example.com|node-7.example.com>", {"node": "node-7.example.com"}),
        ("status <http://node-7.example.com>", {"node": "node-7.example.com"}),
        ("flows a/b c", {"source": "a/b", "destination": "c"}),
        ("flows a b --since 5m --verdict dropped",
         {"source": "a", "destination": "b", "since": "5m", "verdict": "dropped"}),
        ("flows a b --to v1.18.6", {"source": "a", "destination": "b", "to": "1.18.6"}),
    ],
)  # fmt: skip
def test_what_is_understood(text: str, parameters: dict[str, str]) -> None:
    assert typed(text).parameters == parameters


def test_options_that_every_runbook_has() -> None:
    command = typed("status --cluster prod --deadline 30s")
    assert (command.cluster, command.deadline, command.parameters) == ("prod", 30.0, {})


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "No command was given.", ""),
        ("stauts", "There is no command 'stauts'.", "status"),
        ("status --depp", "There is no option '--depp'.", "--deep"),
        ("status -d", "There is no option '-d'.", "--deep"),
        ("status a b", "'b' is one argument too many for status.", ""),
        ("status --deep --deep", "--deep is given twice.", ""),
        ("status --deep=maybe", "'maybe' is not true or false.", ""),
        ("status node-7; rm -rf /", "'node-7;' is not a node name", ""),
        ("status $(reboot)", "'$(reboot)' is not a node name", ""),
        ("status `id`", "'`id`' is not a node name", ""),
        ("status 😀", "'😀' is not a node name", ""),
        ("status -- node-7", "There is no option '--'.", ""),
        ("status --cluster", "--cluster needs a value.", ""),
        ("status --cluster --deep", "--cluster needs a value.", ""),
        ("status --cluster ;", "';' is not a cluster name.", ""),
        ("status --deadline soon", "'soon' is not a duration", ""),
        ("status --deadline 0s", "'0s' is not a duration", ""),
        ('status "node-7', "A quote is opened and never closed", ""),
        ("status node-7\\", "A quote is opened and never closed", ""),
        ("status node\u202e-7", "invisible character (RIGHT-TO-LEFT OVERRIDE)", "Type"),
        ("status node\u200b-7", "invisible character (ZERO WIDTH SPACE)", "Type"),
        ("status node-7\x00", "invisible character (U+0000)", "Type"),
        ("status " + "x" * 4000, "That is 4,007 characters", ""),
        ("flows", "flows needs SOURCE.", ""),
        ("flows a", "flows needs DESTINATION.", ""),
        ("flows a b --verdict droped", "'droped' is not one of the listed words.", "dropped"),
        ("flows a b --since -5m", "is not a duration", ""),
        ("flows a/b/c d", "'a/b/c' is not a pod name", ""),
        ("flows a b --to 1.x", "'1.x' is not a version", ""),
    ],
)
def test_what_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        typed(text)
    assert message in refused.value.message
    assert hint in refused.value.hint


def test_a_refusal_carries_the_usage() -> None:
    with pytest.raises(UsageError) as refused:
        typed("status --depp")
    assert refused.value.usage == "status [NODE] [--deep]"


def test_a_shell_has_split_the_words_already() -> None:
    command = parse(REGISTRY, words_of_arguments(["status", "—deep", "node-7"]))
    assert command.parameters == {"deep": "true", "node": "node-7"}
    with pytest.raises(UsageError):
        parse(REGISTRY, words_of_arguments(["status", "node-7; rm -rf /"]))
    with pytest.raises(UsageError, match="invisible"):
        words_of_arguments(["status", "\x1b[31m"])


@given(st.text(max_size=600))
def test_any_text_is_a_command_or_a_clear_refusal(text: str) -> None:
    try:
        command = typed(text)
    except UsageError:
        return  # the only error there may be
    assert command.runbook.name in REGISTRY


_nodes = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z0-9]{1,10}){0,2}", fullmatch=True)
_dashes = st.sampled_from(["--", "—", "–", "−−", "‑‑"])


@given(_nodes, _dashes, st.sampled_from(["", '"', "“", "‘"]), st.booleans())
def test_phones_change_nothing(node: str, dash: str, quote: str, first: bool) -> None:
    close = {"“": "”", "‘": "’"}.get(quote, quote)
    name, flag = f"{quote}{node}{close}", f"{dash}deep"
    text = f"status {flag} {name}" if first else f"status {name} {flag}"
    assert typed(text).parameters == {"node": node, "deep": "true"}


@given(st.text(max_size=80))
def test_no_value_reaches_a_runbook_outside_its_grammar(text: str) -> None:
    try:
        values = typed(f"status {text}").parameters
    except UsageError:
        return
    assert set(values.get("node", "")) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


@remedy("restart")
class Restart(Remedy):
    """Restart what is on one node."""

    node: NodeName
    _: KW_ONLY
    hard: bool = False
    for_: Duration = Duration(3600.0)

    async def plan(self, look: Looking) -> Plan:
        raise NotImplementedError

    async def apply(self, act: Acting) -> None:
        raise NotImplementedError

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        raise NotImplementedError


CHANGES = Registry([runbook_of(status)], [remedy_of(Restart)])


def asked(text: str) -> Command:
    return parse(CHANGES, words(text))


def test_a_remedys_fields_are_its_grammar() -> None:
    assert CHANGES.get("restart").usage == (
        'restart NODE [--hard] [--for DURATION] [--reason "REASON"] [--incident ID]'
    )
    command = asked("restart node-7 —for 90m --hard --reason “it hangs” --incident #INC-47_1")
    assert command.is_remedy
    assert command.parameters == {"node": "node-7", "for": "90m", "hard": "true"}
    assert (command.reason, command.incident) == ("it hangs", "#INC-47_1")
    made = CHANGES.remedy("restart").make(command.parameters)
    assert made == Restart(NodeName("node-7"), hard=True, for_=Duration(5400.0))
    assert not asked("status").is_remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("restart", "restart needs NODE."),
        ("restart node-7 --deadline 5m", "There is no option '--deadline'."),
        ("restart node-7 --incident 'a b'", "'a b' is not an id"),
        ("restart node-7 --incident " + "x" * 41, "is not an id"),
        ("restart node-7 --reason ''", "'' is not text"),
        ("restart node-7 --reason " + "x" * 301, "is not text"),
        ("status --reason why", "There is no option '--reason'."),
    ],
)
def test_what_a_change_is_not_asked_with(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked(text)
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "restart needs NODE."),
        ({"node": "node-7; reboot"}, "is not a node name"),
        ({"node": "node-7", "until": "1h"}, "restart has no parameter 'until'."),
        ({"node": "node-7", "hard": "1"}, "is not true or false"),
    ],
)
def test_parameters_from_anywhere_pass_the_grammar(
    parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        CHANGES.remedy("restart").make(parameters)
    assert message in refused.value.message


def test_what_only_reads_is_not_requested_and_what_changes_is_not_run() -> None:
    with pytest.raises(UsageError, match="it is no remedy"):
        CHANGES.remedy("status")
    with pytest.raises(UsageError, match="requested, not run"):
        CHANGES.runbook("restart")


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=60))
def test_one_word_is_one_word(text: str) -> None:
    straight = words(one_word(text))
    assert len(straight) == 1
    if not set(text) & set("“”„«»‘’"):
        assert straight == [text]
