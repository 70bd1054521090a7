"""What must hold after a rolling restart, and whether it does. Pure."""

from __future__ import annotations

from bot.authoring import Check, natural
from runbooks.agent.rollout.evidence import After
from runbooks.restarted_at import Restart

NAMES = (
    "every agent comes from the template of this restart",
    "all agents are Ready",
    "the agents that are asked say Ok",
    "none of them misses another",
)
"""The checks of a plan, in the order of :func:`checks`."""
SHOWN = 3


def checks(now: After, restart: Restart) -> tuple[Check, ...]:
    """Whether each holds."""
    judged = (_new(now, restart), _ready(now), _say_ok(now), _reach(now))
    return tuple(
        Check(name=name, held=held, said=said)
        for name, (held, said) in zip(NAMES, judged, strict=True)
    )


_Judged = tuple[bool | None, str]


def _new(now: After, restart: Restart) -> _Judged:
    status, meta = now.daemonset.status, now.daemonset.metadata
    if not restart.is_of(now.daemonset):
        return False, "the DaemonSet was restarted otherwise, or not yet"
    if status.observed_generation < meta.generation:
        return False, "its controller has not seen the change"
    if status.number_misscheduled:
        return False, f"{status.number_misscheduled} run where none should"
    old = sorted(
        (pod.spec.node_name for pod in now.agents if pod.revision != now.newest), key=natural
    )
    wanted, updated = status.desired_number_scheduled, status.updated_number_scheduled
    told = f"{updated} of {wanted}" + (f"; not on {_some(old)}" if old else "")
    return not old and updated == wanted == len(now.agents), told


def _ready(now: After) -> _Judged:
    status = now.daemonset.status
    waiting = sorted((pod.spec.node_name for pod in now.agents if not pod.ready), key=natural)
    told = f"{status.number_available} of {status.desired_number_scheduled}"
    if waiting:
        return False, f"{told}; not on {_some(waiting)}"
    return status.number_available >= status.desired_number_scheduled, told


def _say_ok(now: After) -> _Judged:
    silent = [node for node, view in now.inside.items() if view.state is None]
    bad = [node for node, view in now.inside.items() if view.state not in (None, "Ok")]
    if bad:
        first = now.inside[bad[0]]
        return False, f"{bad[0]} says {first.state}: {first.message}"
    return _unless_silent(now, silent)


def _reach(now: After) -> _Judged:
    silent = [node for node, view in now.inside.items() if view.unreachable is None]
    missing = {node: view.unreachable for node, view in now.inside.items() if view.unreachable}
    if missing:
        node, lost = next(iter(missing.items()))
        return False, f"{node} does not reach {_some(list(lost))}"
    return _unless_silent(now, silent)


def _unless_silent(now: After, silent: list[str]) -> _Judged:
    """An agent that did not answer is no good news."""
    if silent:
        return None, f"{silent[0]} did not answer: {now.inside[silent[0]].trouble}"
    return bool(now.inside), f"{len(now.inside)} of {len(now.agents)} asked"


def _some(nodes: list[str]) -> str:
    return ", ".join(nodes[:SHOWN]) + (" …" if len(nodes) > SHOWN else "")
