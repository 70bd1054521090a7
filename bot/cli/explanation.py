"""``cilium-oncall access explain``: the decision about one request, as the bot would make it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.app import addresses_of, build_executor
from bot.doctor.runbook import doctor_runbook
from bot.engine.access import decide
from bot.engine.grammar import parse, words
from bot.engine.registry import Registry
from bot.model.access import Action, Decision, Person
from bot.model.errors import UsageError
from bot.model.nearest import quoted
from bot.settings import Settings
from bot.settings.access_schema import GROUP_ID, USER_ID
from bot.settings.schema import CHANNEL_ID


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for what, where. ``groups`` count unless Slack is asked."""

    user: str
    command: str
    cluster: str | None
    channel: str
    action: Action = Action.RUN
    groups: frozenset[str] = frozenset()
    ask_slack: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision, and the text that explains it."""

    allowed: bool
    text: str


async def explain(settings: Settings, question: Question) -> Explained:
    """Decide as the Slack door would. Raises :class:`UsageError` for what cannot be understood."""
    _refuse_what_is_no_id(question)
    executor = build_executor(addresses_of(settings), settings.limits)
    registry = Registry([*executor.registry, doctor_runbook(lambda _: ())])
    try:
        command = parse(registry, words(question.command))
    except UsageError as error:
        error.hint = error.hint or f"Commands: {', '.join(one.name for one in registry)}."
        raise
    bound = settings.channels.get(question.channel)
    cluster = executor.choose_cluster(question.cluster or command.cluster, bound)
    name = command.runbook.name
    person = await _person(settings, question)
    decision = decide(settings.rules, person, question.action, name, cluster, question.channel)
    where = question.channel or "a direct message"
    asked = f"{question.user} {question.action} {name} on {cluster} in {where}"
    return Explained(decision.allowed, "\n".join(_lines(asked, person, decision, question)))


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


def _lines(asked: str, person: Person, decision: Decision, question: Question) -> list[str]:
    rule = decision.rule
    groups = ", ".join(sorted(person.groups)) or "none"
    source = "as Slack says" if question.ask_slack else "assumed; --ask-slack looks it up"
    return [
        f"{'ALLOWED' if decision.allowed else 'REFUSED'}  {asked}",
        decision.reason.replace("this channel", question.channel or "a direct message"),
        f"rule:    {f'{rule.name}, {rule.place}' if rule else 'none decides, so nobody may'}",
        f"person:  {person.standing}, groups: {groups} ({source})",
    ]


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
        people = People(Reading(api), settings.rules.groups, SystemClock())
        return await people.person(question.user, certain=True)
    finally:
        await api.close()
