"""Access rules as plain data: who may do what, where. :mod:`bot.engine.access` decides by them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bot.model.approval import ApprovalRule

ANY = "*"
"""Everything of its kind; among users, every full member of the workspace."""

CONFIGURED = "configured"
"""Among channels: those that the settings bind to a cluster."""


class Action(StrEnum):
    """What a rule can be about: a closed list. One more comes with the code that asks about it."""

    RUN = "run"
    SHARE = "share"
    """Show an answer that came privately to everybody in the channel it was asked in."""
    REQUEST = "request"
    """Ask for a change, which changes nothing before it is approved; and freeze, unfreeze, lock and
    unlock a cluster."""


REQUESTS = ("freeze", "unfreeze", "lock", "unlock")
"""Commands beside the remedies that a rule for :attr:`Action.REQUEST` can name."""
LISTS = ("approvals", "changes", "locks", "expiries")
"""Commands beside the runbooks that a rule for :attr:`Action.RUN` can name."""


class Effect(StrEnum):
    """What a rule does to whom it is about."""

    ALLOW = "allow"
    DENY = "deny"


class Standing(StrEnum):
    """What a person is to the workspace. Only members are ever allowed anything."""

    MEMBER = "member"
    GUEST = "guest"
    FOREIGN = "foreign"
    BOT = "bot"
    GONE = "gone"
    """Deactivated, or not known to the workspace."""
    UNKNOWN = "unknown"
    """Slack could not be asked. Counts as a member only where a rule names the person's id."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, by stable id, never by name.

    ``groups`` are the user groups the person is in, ``unknown_groups`` those whose members could
    not be read; ``trouble`` says why something is unknown and what to do about it.
    """

    id: str
    standing: Standing = Standing.MEMBER
    groups: frozenset[str] = frozenset()
    unknown_groups: frozenset[str] = frozenset()
    trouble: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. It is about a request when every part of it is.

    ``users`` and ``groups`` together say who; :data:`ANY` stands for everything of its kind.
    ``trusts_unknown``: ``*`` also means people of whom Slack could not say who they are; no file
    can say that. ``place`` is where the rule is written, such as ``access.yaml:12``.
    """

    name: str
    effect: Effect
    place: str
    actions: frozenset[Action]
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    commands: frozenset[str]
    clusters: frozenset[str]
    channels: frozenset[str]
    trusts_unknown: bool = False

    def __str__(self) -> str:
        return f"“{self.name}” ({self.place})"


class AccessRules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules in order. ``channels`` are those the settings bind; ``ask`` says whom to ask."""

    rules: tuple[Rule, ...]
    channels: frozenset[str] = frozenset()
    ask: str = ""

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that a rule names."""
        return frozenset[str]().union(*(rule.groups for rule in self.rules))


class Decision(msgspec.Struct, frozen=True):
    """``rule`` decided, or no rule did; ``reason`` is a sentence for the person who asked."""

    allowed: bool
    rule: Rule | ApprovalRule | None
    reason: str


def without_file(channels: frozenset[str]) -> AccessRules:
    """The rules of a bot that has no ``access.yaml``: the people of the workspace run read-only
    runbooks, share their answers and request changes. (Outside the configured ``channels`` an
    answer is private, whatever the rules.)

    Reading goes on when Slack does not say who somebody is: an outage must not lock people out.
    A change is requested by people who are known to be members.
    """
    everywhere = frozenset([ANY])
    reading = Rule(
        name="the workspace runs read-only runbooks",
        effect=Effect.ALLOW,
        place="the default without an access file",
        actions=frozenset([Action.RUN, Action.SHARE]),
        users=everywhere,
        commands=everywhere,
        clusters=everywhere,
        channels=everywhere,
        trusts_unknown=True,
    )
    requesting = msgspec.structs.replace(
        reading,
        name="members of the workspace request changes",
        actions=frozenset([Action.REQUEST]),
        trusts_unknown=False,
    )
    return AccessRules(rules=(reading, requesting), channels=channels)
