"""The one place that decides who may do what, where, and who may approve a change. Pure: whoever
asks brings the facts.

Rules are read in order and the first that is about the request decides; without one, no. Guests,
other workspaces and bots are refused before any rule. What could not be read of a person never
helps: a rule that might deny does, a rule that might allow does not.
"""

from __future__ import annotations

from collections.abc import Collection
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
from bot.model.approval import NEEDED, ApprovalRule, ApprovalRules
from bot.model.plan import Plan, Risk

_REFUSED = {
    Standing.GUEST: "Guests of the workspace may not use the bot.",
    Standing.FOREIGN: "People of other workspaces may not use the bot.",
    Standing.BOT: "Bots may not use the bot.",
    Standing.GONE: "Slack does not know this person as an active member of the workspace.",
}
_DOING = {Action.RUN: "", Action.SHARE: "sharing ", Action.REQUEST: "requesting "}


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
    wanted = f"{_DOING[action]}`{command}` on {cluster} in this channel"
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


def rule_for(rules: ApprovalRules, plan: Plan, channel: str) -> ApprovalRule | None:
    """The approval rule that decides about ``plan``, requested in ``channel``; ``None``: there is
    none, and nobody may approve it. The channel is empty outside of Slack's channels."""
    return rule_about(
        rules,
        risk=plan.risk,
        remedy=plan.remedy,
        cluster=plan.cluster,
        namespaces=frozenset(call.object.namespace for call in plan.calls),
        channel=channel,
    )


def rule_about(
    rules: ApprovalRules,
    *,
    risk: Risk,
    remedy: str,
    cluster: str,
    namespaces: Collection[str],
    channel: str,
) -> ApprovalRule | None:
    """The first rule about a change of these parts. It must be about each of the ``namespaces``;
    what is in none, such as a node, has an empty one, which only :data:`ANY` is about."""
    for rule in rules.rules:
        configured = CONFIGURED in rule.channels and channel in rules.channels
        if (
            risk in rule.risks
            and not rule.remedies.isdisjoint((ANY, remedy))
            and not rule.clusters.isdisjoint((ANY, cluster))
            and (ANY in rule.namespaces or rule.namespaces.issuperset(namespaces))
            and (configured or not rule.channels.isdisjoint((ANY, channel)))
        ):
            return rule
    return None


def may_approve(rule: ApprovalRule | None, person: Person, requester_id: str) -> Decision:
    """Whether ``person`` counts as an approver of a change that ``rule`` decides about.

    The requester never does, whoever that is and whatever the rule says. Empty ``requester_id``:
    whether somebody asked for the change makes no difference.
    """
    if requester_id and person.id == requester_id:
        return Decision(False, rule, "You asked for this change: somebody else must approve it.")
    if person.standing in _REFUSED:
        return Decision(False, rule, _REFUSED[person.standing])
    if rule is None:
        return Decision(False, None, "No approval rule is about this change: nobody may approve.")
    if person.id in rule.approvers.users | rule.second.users:
        return Decision(True, rule, f"The rule {rule} names this person as an approver.")
    groups = rule.approvers.groups | rule.second.groups
    if groups & person.groups and person.standing is Standing.MEMBER:
        return Decision(True, rule, f"The rule {rule} names a group of this person.")
    if groups & (person.groups | person.unknown_groups):
        said = f"The rule {rule} may name a group of this person, but that could not be found out."
        return Decision(False, rule, f"{said} {person.trouble}".strip())
    return Decision(False, rule, f"The rule {rule} does not name this person as an approver.")


def needed(rule: ApprovalRule | None, risk: Risk) -> int:
    """How many approvers a change of ``risk`` needs; a rule may ask for more, not for fewer."""
    return max(NEEDED[risk], rule.needed if rule is not None else 0)


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
