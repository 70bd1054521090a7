"""Approval rules as plain data: who may approve which changes. :mod:`bot.engine.access` decides."""

from __future__ import annotations

import msgspec

from bot.model.plan import Risk

NEEDED = {Risk.SAFE: 0, Risk.GUARDED: 1, Risk.BREAKGLASS: 2}
"""Approvers for a risk, the requester never among them; a rule may ask for more, not for fewer."""


class Approvers(msgspec.Struct, frozen=True, kw_only=True):
    """People by Slack user id, and user groups by id."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)


class ApprovalRule(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list; the first that is about a change decides how it is approved.

    ``approvers`` are asked at once, ``second`` from half-time on; both may decide at any time.
    ``safe_when_broken``: a ``guarded`` change of a target that is certainly broken already needs no
    approval. ``solo_after``: seconds after which one person may go on alone; ``None``: never.
    ``namespaces`` are those that the plan's calls are in. ``place`` is where the rule is written.
    """

    name: str
    place: str
    risks: frozenset[Risk]
    remedies: frozenset[str]
    clusters: frozenset[str]
    namespaces: frozenset[str]
    channels: frozenset[str]
    approvers: Approvers
    second: Approvers = Approvers()
    needed: int = 1
    safe_when_broken: bool = False
    solo_after: float | None = None

    def __str__(self) -> str:
        return f"“{self.name}” ({self.place})"


class ApprovalRules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules in order. ``channels`` are those the settings bind to a cluster."""

    rules: tuple[ApprovalRule, ...] = ()
    channels: frozenset[str] = frozenset()

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that a rule names."""
        sets = [each.groups for rule in self.rules for each in (rule.approvers, rule.second)]
        return frozenset[str]().union(*sets)
