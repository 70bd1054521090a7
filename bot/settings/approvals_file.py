"""``approvals.yaml`` to approval rules, or every reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from bot.model.access import ANY, CONFIGURED
from bot.model.approval import NEEDED, ApprovalRule, ApprovalRules, Approvers
from bot.model.plan import Risk
from bot.settings.against_schema import (
    in_order,
    note_contradictions,
    note_secrets,
    validated,
    without_empty_sections,
)
from bot.settings.approvals_schema import ApprovalEntry, ApprovalsFile, ApproversEntry
from bot.settings.document import Document
from bot.settings.problems import Path, Problem
from bot.settings.rule_lists import Known, all_given, entries, known_names, named_once
from bot.settings.rules import Contradiction
from bot.settings.yaml_source import read

_REQUIRED = ("name", "remedies", "clusters", "namespaces", "channels")


def examine_approvals(path: FilePath, known: Known) -> tuple[ApprovalRules | None, list[Problem]]:
    """The rules of the file at ``path``, or ``None``, and its problems."""
    document = read(path)
    if document.is_unreadable(()):
        return None, document.problems
    document.value = without_empty_sections(document.value, ApprovalsFile)
    said = validated(document, ApprovalsFile)
    if isinstance(document.value, dict):
        note_contradictions(document, _contradictions(document.value, known))
    note_secrets(document)
    problems = in_order(document)
    if said is None or problems:
        return None, problems
    rules = tuple(_rule(entry, document, index) for index, entry in enumerate(said.rules))
    return ApprovalRules(rules=rules, channels=known.channels), []


def _rule(entry: ApprovalEntry, document: Document, index: int) -> ApprovalRule:
    line = document.places[("rules", index)].key[0]
    return ApprovalRule(
        name=entry.name or "",
        place=f"{FilePath(document.file).name}:{line}",
        risks=frozenset(entry.risks or ()),
        remedies=frozenset(entry.remedies or ()),
        clusters=frozenset(entry.clusters or ()),
        namespaces=frozenset(entry.namespaces or ()),
        channels=frozenset(entry.channels or ()),
        approvers=_approvers(entry.approvers),
        second=_approvers(entry.second),
        needed=entry.needed or 1,
        safe_when_broken=entry.safe_when_broken or False,
        solo_after=entry.solo_after,
    )


def _approvers(entry: ApproversEntry | None) -> Approvers:
    if entry is None:
        return Approvers()
    return Approvers(users=frozenset(entry.users or ()), groups=frozenset(entry.groups or ()))


def _contradictions(values: Mapping[str, object], known: Known) -> Iterator[Contradiction]:
    """What a rule must say, names that nothing has, and what no rule may loosen."""
    if not values.get("rules"):
        allowed = "at least one; without rules nobody may approve anything"
        yield Contradiction(("rules",), "no rule", allowed=allowed)
    for path, rule in entries(values):
        yield from all_given(rule, path, _REQUIRED)
        if not rule.get("risks"):
            allowed = f"a list of: {', '.join(Risk)}"
            yield Contradiction(path, "risks is missing", allowed=allowed)
        yield from known_names(rule, "clusters", path, (*known.clusters, ANY), "cluster")
        channels = (*known.channels, CONFIGURED, ANY)
        yield from known_names(rule, "channels", path, channels, "channel")
        if known.remedies is not None:
            yield from known_names(rule, "remedies", path, (*known.remedies, ANY), "remedy")
        yield from _somebody(rule, path)
        yield from _not_loosened(rule, path)
    yield from named_once(values)


def _somebody(rule: Mapping[str, object], path: Path) -> Iterator[Contradiction]:
    """There are approvers, and enough of them."""
    if not _named(rule, "approvers"):
        where: Path = (*path, "approvers") if "approvers" in rule else path
        allowed = "users, groups or both, such as {users: [U0123456789]}"
        yield Contradiction(where, "nobody could approve by this rule", allowed=allowed)
        return
    if "second" in rule and not _named(rule, "second"):
        allowed = "users, groups or both; or leave it out"
        yield Contradiction((*path, "second"), "it names nobody", allowed=allowed)
    named = _named(rule, "approvers") | _named(rule, "second")
    has_group = any(kind == "groups" for kind, _ in named)
    if not has_group and len(named) < (wanted := _wanted(rule)):
        yield Contradiction(
            (*path, "approvers"),
            f"{wanted} approvers are needed and {len(named)} named",
            allowed="more people, or a group",
        )


def _not_loosened(rule: Mapping[str, object], path: Path) -> Iterator[Contradiction]:
    risks = _risks(rule)
    needed = rule.get("needed")
    if Risk.BREAKGLASS in risks and isinstance(needed, int) and needed < _floor(risks):
        yield Contradiction(
            (*path, "needed"),
            "breakglass needs two approvers",
            found=str(needed),
            allowed="2 or more; or leave it out",
        )
    if Risk.BREAKGLASS in risks and rule.get("solo_after") is not None:
        what = "nobody goes on alone with breakglass"
        allowed = "a rule of its own for the other risks"
        yield Contradiction((*path, "solo_after"), what, allowed=allowed)
    if rule.get("safe_when_broken") is True and risks and risks != {Risk.GUARDED}:
        what = "only a guarded change can be safe when its target is broken"
        allowed = "risks: [guarded] alone in this rule"
        yield Contradiction((*path, "safe_when_broken"), what, allowed=allowed)


def _named(rule: Mapping[str, object], field: str) -> set[tuple[str, object]]:
    """Who is named under ``field``, by kind, each once."""
    given = rule.get(field)
    if not isinstance(given, Mapping):
        return set()
    lists = ((kind, given.get(kind)) for kind in ("users", "groups"))
    return {
        (kind, one)
        for kind, named in lists
        for one in (named if isinstance(named, list) else ())
        if isinstance(one, str)
    }


def _risks(rule: Mapping[str, object]) -> set[Risk]:
    given = rule.get("risks")
    named = given if isinstance(given, list) else ()
    return {Risk(risk) for risk in named if isinstance(risk, str) and risk in list(Risk)}


def _floor(risks: set[Risk]) -> int:
    return max((NEEDED[risk] for risk in risks), default=1)


def _wanted(rule: Mapping[str, object]) -> int:
    needed = rule.get("needed")
    return max(_floor(_risks(rule)), needed if isinstance(needed, int) else 1)
