"""The one place that decides who may do what, where. Pure: whoever asks brings the facts.

Rules are read in order and the first that is about the request decides; without one, no. Guests,
other workspaces and bots are refused before any rule. What could not be read of a person never
helps: a rule that might deny does, a rule that might allow does not.
"""

from __future__ import annotations

from enum import Enum, auto

from bot.model.access import (
    ANY,
    CONFIGURED,
    AccessRules,
    Action,
    Decision,
    Effect,
    Person,
    Rule,
    Standing,
)

_REFUSED = {
    Standing.GUEST: "Guests of the workspace may not use the bot.",
    Standing.FOREIGN: "People of other workspaces may not use the bot.",
    Standing.BOT: "Bots may not use the bot.",
    Standing.GONE: "Slack does not know this person as an active member of the workspace.",
}


class _About(Enum):
    YES = auto()
    NO = auto()
    PERHAPS = auto()


def decide(
    rules: AccessRules, person: Person, action: Action, command: str, cluster: str, channel: str
) -> Decision:
    """Whether ``person`` may take ``action`` with ``command`` on ``cluster`` from ``channel``.

    ``command`` and ``cluster`` are names as configured, ``channel`` is a Slack channel id.
    """
    if person.standing in _REFUSED:
        return Decision(False, None, _REFUSED[person.standing])
    doing = "sharing " if action is Action.SHARE else ""
    wanted = f"{doing}`{command}` on {cluster} in this channel"
    perhaps: Rule | None = None
    for rule in rules.rules:
        if not _is_about_request(rule, rules, action, command, cluster, channel):
            continue
        about = _is_about_person(rule, person)
        if about is _About.YES:
            verb = "allows" if rule.effect is Effect.ALLOW else "denies"
            return Decision(rule.effect is Effect.ALLOW, rule, f"The rule {rule} {verb} {wanted}.")
        if about is _About.PERHAPS and rule.effect is Effect.DENY:
            said = f"The rule {rule} may deny {wanted}, and that could not be found out."
            return Decision(False, rule, f"{said} {person.trouble}".strip())
        if about is _About.PERHAPS:
            perhaps = perhaps or rule
    if perhaps is not None:
        said = f"The rule {perhaps} may allow {wanted}, but that could not be found out."
        return Decision(False, None, f"{said} {person.trouble}".strip())
    return Decision(False, None, f"No rule allows {wanted}.")


def _is_about_request(
    rule: Rule, rules: AccessRules, action: Action, command: str, cluster: str, channel: str
) -> bool:
    configured = CONFIGURED in rule.channels and channel in rules.channels
    return (
        action in rule.actions
        and not rule.commands.isdisjoint((ANY, command))
        and not rule.clusters.isdisjoint((ANY, cluster))
        and (configured or not rule.channels.isdisjoint((ANY, channel)))
    )


def _is_about_person(rule: Rule, person: Person) -> _About:
    """An id that is named is sure; anything else needs to know that the person is a member."""
    if person.id in rule.users:
        return _About.YES
    if ANY in rule.users or rule.groups & person.groups:
        sure = person.standing is Standing.MEMBER or rule.trusts_unknown
        return _About.YES if sure else _About.PERHAPS
    return _About.PERHAPS if rule.groups & person.unknown_groups else _About.NO
