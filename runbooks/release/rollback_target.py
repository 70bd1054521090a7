"""Which revision a rollback goes to when nobody names one, and which ones it may go to.

Pure: from a release's history to a revision, or to a refusal that says why. The rule: the newest
revision that was once deployed and whose chart version or user values - the update strategy left
out - differ from the current ones. So an OnDelete step of a canary, which changes nothing but the
strategy, is not taken for a state to go back to, and neither is the last of a chain of rollbacks
that only repeats what is there.

A revision was deployed when Helm says ``deployed`` or ``superseded``; one that failed, or was
killed while pending, never was. After a failed upgrade the way back is what is called deployed,
whether it differs or not: parts of the failed one may be there. Source: facts on Helm, and Helm
4.1's ``rollback`` (it supersedes only what was deployed).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bot.clients.helm.release import ReleaseState, Revision, Values, current, latest

CHART = "cilium"
_ONCE_DEPLOYED = (ReleaseState.DEPLOYED, ReleaseState.SUPERSEDED)
_STRATEGIES: tuple[tuple[str, ...], ...] = (("updateStrategy",), ("envoy", "updateStrategy"))
"""Values that say how pods are replaced and nothing of what runs in them."""


@dataclass(frozen=True, slots=True)
class Target:
    """The revision to go back to, from what there is now, and why this one."""

    revision: Revision
    now: Revision
    why: str

    @property
    def minors_back(self) -> int:
        """How many minors of Cilium lie between: 0 within one, 1 is breakglass."""
        then, now = self.revision.version, self.now.version
        return now.minor[1] - then.minor[1] if then and now else 0


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Why there is none, in a sentence, and what to do instead."""

    reason: str
    instead: str = ""


def default_target(
    history: Sequence[Revision], *, before_our_change: int | None = None
) -> Target | NoTarget:
    """The revision that a rollback without a number goes to.

    ``before_our_change`` is the revision that a change of the bot recorded before it began; it is
    preferred, as far as it may be gone back to at all.
    """
    now = _ready(history)
    if isinstance(now, NoTarget):
        return now
    if before_our_change is not None and before_our_change != now.number:
        found = chosen_target(history, before_our_change)
        if isinstance(found, Target):
            return Target(found.revision, now, "it is what was there before the bot's last change")
    older = sorted(
        (one for one in history if one.number < now.number and one.state in _ONCE_DEPLOYED),
        key=lambda one: one.number,
        reverse=True,
    )
    if now.state is ReleaseState.FAILED and older and older[0].state is ReleaseState.DEPLOYED:
        return within_reach(older[0], now, "it is what was there before the upgrade that failed")
    for revision in older:
        if differs(revision, now):
            return within_reach(revision, now, "it is the newest that differs from what is there")
    if older:
        return NoTarget(
            f"All {len(older)} earlier revisions that were deployed have the chart version and "
            "the values that are there now.",
            "Nothing would change; name a revision if it is about the update strategy.",
        )
    gone = f" Helm has deleted those before revision {now.number}." if now.number > 1 else ""
    return NoTarget(
        f"No earlier revision was ever deployed.{gone}",
        "Go forward instead, with an upgrade to the values that are wanted.",
    )


def chosen_target(history: Sequence[Revision], number: int) -> Target | NoTarget:
    """Revision ``number``, if it may be gone back to."""
    now = _ready(history)
    if isinstance(now, NoTarget):
        return now
    found = next((one for one in history if one.number == number), None)
    if found is None:
        kept = sorted(one.number for one in history)
        return NoTarget(
            f"There is no revision {number}; Helm has {_listed(kept)}.",
            "Helm deletes the oldest revisions of a release.",
        )
    if number == now.number:
        return NoTarget(f"Revision {number} is what is there now.")
    if found.state not in _ONCE_DEPLOYED:
        return NoTarget(
            f"Revision {number} was never deployed: it is {found.state.value}.",
            "Only what once was there as a whole can be gone back to.",
        )
    return within_reach(found, now, "it was asked for")


def differs(one: Revision, other: Revision) -> bool:
    """Whether chart version or user values differ, update strategies left out."""
    if one.chart_version != other.chart_version:
        return True
    return without_strategy(one.values) != without_strategy(other.values)


def without_strategy(values: Values) -> Values:
    """User values less how pods are replaced; what is emptied by that goes, too."""
    left = deepcopy(values)
    for path in _STRATEGIES:
        _take_away(left, path)
    return left


def _take_away(values: dict[str, Any], path: tuple[str, ...]) -> None:
    first, *rest = path
    if not rest:
        values.pop(first, None)
        return
    inner = values.get(first)
    if isinstance(inner, dict) and rest[0] in inner:
        _take_away(inner, tuple(rest))
        if not inner:
            del values[first]


def _ready(history: Sequence[Revision]) -> Revision | NoTarget:
    """What the release is now, if it may be rolled back at all."""
    newest, now = latest(tuple(history)), current(tuple(history))
    if newest is None or now is None:
        return NoTarget("The release has no revisions.")
    if newest.chart != CHART:
        return NoTarget(
            f"{newest.release} is a release of the chart {newest.chart or 'without a name'}, "
            f"not of {CHART}.",
        )
    if newest.state.pending:
        return NoTarget(
            f"Revision {newest.number} is {newest.state.value}: an operation is under way, or was "
            "killed.",
            "If no helm runs any more: `clear-pending-release`.",
        )
    if newest.state is ReleaseState.UNINSTALLED:
        return NoTarget(f"The release was uninstalled (revision {newest.number}).")
    # A failed upgrade is not undone: what it applied is there, whatever is called deployed.
    return newest if newest.state is ReleaseState.FAILED else now


def within_reach(revision: Revision, now: Revision, why: str) -> Target | NoTarget:
    """``revision`` as the target, unless more than one minor lies between."""
    then_version, now_version = revision.version, now.version
    if then_version is None or now_version is None:
        odd = revision if then_version is None else now
        return NoTarget(
            f"Revision {odd.number} has the chart version {odd.chart_version or 'of none'}, which "
            "cannot be compared."
        )
    if then_version.minor[0] != now_version.minor[0]:
        return NoTarget(f"Between {now_version} and {then_version} lies a major version.")
    distance = now_version.minor[1] - then_version.minor[1]
    if abs(distance) > 1:
        way = "back" if distance > 0 else "forward"
        return NoTarget(
            f"Revision {revision.number} is {then_version}, {abs(distance)} minors {way} from "
            f"{now_version}: Cilium is tested with one minor at a time.",
            "Go one minor at a time, with an upgrade plan.",
        )
    return Target(revision, now, why)


def _listed(numbers: list[int]) -> str:
    """``2 to 5 and 7``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    told = [str(a) if a == b else f"{a} to {b}" for a, b in spans]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1]))) if told else "none"
