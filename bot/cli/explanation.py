"""``cilium-oncall access explain``: the decision about one request, as the bot would make it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.app import addresses_of, build_executor
from bot.doctor.runbook import doctor_runbook
from bot.engine.access import decide, may_approve, needed, rule_about
from bot.engine.executor import Executor
from bot.engine.grammar import parse, words
from bot.engine.registry import Registry
from bot.model.access import LISTS, REQUESTS, Action, Decision, Person, Rule
from bot.model.approval import ApprovalRule
from bot.model.errors import UsageError
from bot.model.names import counted
from bot.model.nearest import quoted
from bot.model.plan import Risk
from bot.settings import Settings, why_no_changes
from bot.settings.access_schema import GROUP_ID
from bot.settings.fields import CHANNEL_ID, USER_ID

APPROVE = "approve"
"""Beside the actions of access rules: whether the person counts as an approver."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for what, where. ``groups`` count unless Slack is asked.

    ``action`` is one of :class:`Action` or :data:`APPROVE`; empty: ``request`` for what changes
    something, else ``run``. For approving, ``requested_by`` is who asked for the change, and
    ``namespaces`` are those of what it changes; none: Cilium's.
    """

    user: str
    command: str
    cluster: str | None
    channel: str
    action: str = ""
    groups: frozenset[str] = frozenset()
    ask_slack: bool = False
    requested_by: str = ""
    risk: Risk = Risk.GUARDED
    namespaces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision, and the text that explains it."""

    allowed: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was understood: the command's name, and the cluster that is meant."""

    name: str
    cluster: str
    changes: bool


async def explain(settings: Settings, question: Question) -> Explained:
    """Decide as the Slack door would. Raises :class:`UsageError` for what cannot be understood."""
    _refuse_what_is_no_id(question)
    asked = _understood(settings, question)
    person = await _person(settings, question)
    if question.action == APPROVE:
        return _approving(settings, question, asked, person)
    by_default = Action.REQUEST if asked.changes or asked.name in REQUESTS else Action.RUN
    action = Action(question.action or by_default)
    channel = question.channel
    decision = decide(settings.rules, person, action, asked.name, asked.cluster, channel)
    wanted = f"{action} {asked.name} on {asked.cluster} in {_place(question)}"
    decides = _written(decision.rule) if decision.rule else "none decides, so nobody may"
    lines = _lines(wanted, decision, decides, person, question)
    if asked.changes and action is Action.REQUEST:
        lines.append(f"approval: {_approval(settings, question, asked)}")
    return Explained(decision.allowed, "\n".join(lines))


def _understood(settings: Settings, question: Question) -> _Asked:
    executor = build_executor(addresses_of(settings), settings.limits)
    typed = words(question.command)
    if typed[:1] and typed[0] in (*REQUESTS, *LISTS):
        return _Asked(typed[0], _cluster(settings, question, executor, None), changes=False)
    registry = Registry([*executor.registry, doctor_runbook(lambda _: ())])
    try:
        command = parse(registry, typed)
    except UsageError as error:
        error.hint = error.hint or f"Commands: {', '.join(one.name for one in registry)}."
        raise
    cluster = _cluster(settings, question, executor, command.cluster)
    if question.action == APPROVE:
        registry.remedy(command.runbook.name)  # refuses what only reads
    return _Asked(command.runbook.name, cluster, command.is_remedy)


def _cluster(settings: Settings, question: Question, executor: Executor, named: str | None) -> str:
    bound = settings.channels.get(question.channel)
    return executor.choose_cluster(question.cluster or named, bound)


def _approving(settings: Settings, question: Question, asked: _Asked, person: Person) -> Explained:
    if asked.name in (*REQUESTS, *LISTS):
        hint = "Try --action request." if asked.name in REQUESTS else "Try --action run."
        raise UsageError(f"{asked.name} needs no approval.", hint=hint)
    rule = _rule(settings, question, asked)
    decision = may_approve(rule, person, question.requested_by)
    by = f", requested by {question.requested_by}" if question.requested_by else ""
    what = f"{asked.name} ({question.risk}) on {asked.cluster} in {_place(question)}"
    decides = _approval(settings, question, asked)
    return Explained(
        decision.allowed,
        "\n".join(_lines(f"{APPROVE} {what}{by}", decision, decides, person, question)),
    )


def _rule(settings: Settings, question: Question, asked: _Asked) -> ApprovalRule | None:
    if settings.approval_rules is None:
        return None
    return rule_about(
        settings.approval_rules,
        risk=question.risk,
        remedy=asked.name,
        cluster=asked.cluster,
        namespaces=_namespaces(settings, question, asked),
        channel=question.channel,
    )


def _namespaces(settings: Settings, question: Question, asked: _Asked) -> frozenset[str]:
    return question.namespaces or frozenset([settings.clusters[asked.cluster].cilium_namespace])


def _approval(settings: Settings, question: Question, asked: _Asked) -> str:
    """Which approval rule decides, and how many it asks for."""
    if reason := why_no_changes(settings):
        return reason
    rule = _rule(settings, question, asked)
    where = ", ".join(sorted(_namespaces(settings, question, asked)))
    about = f"{question.risk} change in {where}"
    if rule is None:
        return f"no rule is about a {about}, so it is refused"
    people = counted(needed(rule, question.risk), "approver")
    return f"{_written(rule)} ({people} for a {about})"


def _refuse_what_is_no_id(question: Question) -> None:
    """Rules are about ids: about a name every answer would be an answer to something else."""
    _refuse("--user", question.user, USER_ID, "a person's (U..., in their profile: Copy member ID)")
    for group in question.groups:
        _refuse("--group", group, GROUP_ID, "a user group's (S...)")
    if question.channel:
        _refuse("--channel", question.channel, CHANNEL_ID, "a channel's (C..., end of its link)")


def _refuse(option: str, given: str, pattern: re.Pattern[str], needed: str) -> None:
    if not pattern.match(given):
        raise UsageError(f"{option} {quoted(given)} is not an id.", hint=f"Give {needed}.")


def _lines(
    wanted: str, decision: Decision, decides: str, person: Person, question: Question
) -> list[str]:
    groups = ", ".join(sorted(person.groups)) or "none"
    source = "as Slack says" if question.ask_slack else "assumed; --ask-slack looks it up"
    return [
        f"{'ALLOWED' if decision.allowed else 'REFUSED'}  {question.user} {wanted}",
        decision.reason.replace("this channel", _place(question)),
        f"rule:    {decides}",
        f"person:  {person.standing}, groups: {groups} ({source})",
    ]


def _place(question: Question) -> str:
    return question.channel or "a direct message"


def _written(rule: Rule | ApprovalRule) -> str:
    return f"{rule.name}, {rule.place}"


async def _person(settings: Settings, question: Question) -> Person:
    if not question.ask_slack:
        return Person(id=question.user, groups=question.groups)
    from bot.slack.clock import SystemClock
    from bot.slack.people import People
    from bot.slack.reading import Reading
    from bot.slack.webapi import WebApi

    settings.credentials.require("SLACK_BOT_TOKEN")
    token = settings.credentials.slack_bot_token
    assert token is not None  # noqa: S101  required above
    api = WebApi(token.get_secret_value(), settings.slack.api_url)
    await api.open()
    try:
        people = People(Reading(api), settings.groups, SystemClock())
        return await people.person(question.user, certain=True)
    finally:
        await api.close()
