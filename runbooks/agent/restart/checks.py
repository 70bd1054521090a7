"""What must hold after a restart, and whether it does. Pure."""

from __future__ import annotations

from bot.authoring import Check
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.kubernetes.objects import Pod
from runbooks.agent.pods import why_not_ready
from runbooks.agent.restart.evidence import After, Inside

READY_SHARE = 0.99
"""The share of endpoints that is enough, even where more were ready before: pods come and go."""


def names_of(node: str) -> tuple[str, ...]:
    """The checks of a plan, in the order of :func:`checks`."""
    return (
        f"{node} has one agent, and it is a new one",
        "it is Ready, and from the newest template",
        "its own status is Ok",
        f"{node} and its peers reach each other",
        "as many of its endpoints are ready as before",
    )


def checks(node: str, now: After, before: Inside, *, old: str) -> tuple[Check, ...]:
    """Whether each holds. ``before`` is the view of the agent that was stopped, ``old`` its UID."""
    judged = (
        _is_new(now, old),
        _is_ready(now),
        _says_ok(now),
        _reaches(now),
        _endpoints(now, before),
    )
    return tuple(
        Check(name=name, held=held, said=said)
        for name, (held, said) in zip(names_of(node), judged, strict=True)
    )


_Judged = tuple[bool | None, str]


def words_of(pod: Pod, newest: str) -> str:
    """What a new agent's pod still waits for; empty when it is as it should be."""
    if not pod.ready:
        scheduled = pod.condition("PodScheduled")
        if scheduled and scheduled.status == "False":
            return f"{pod.name} is not scheduled: {scheduled.message or scheduled.reason}"
        container = pod.container(AGENT_CONTAINER)
        waiting = container.state.waiting if container else None
        said = f": {' '.join(waiting.message.split())}" if waiting and waiting.message else ""
        return f"{pod.name} is not ready: {why_not_ready(pod, container)}{said[:200]}"
    if newest and pod.revision != newest:
        return f"{pod.name} comes from an older template"
    return ""


def _is_new(now: After, old: str) -> _Judged:
    if len(now.pods) != 1:
        return False, f"{len(now.pods)} agents"
    return now.pods[0].metadata.uid != old, now.pods[0].name


def _is_ready(now: After) -> _Judged:
    if len(now.pods) != 1:
        return False, ""
    trouble = words_of(now.pods[0], now.newest)
    return not trouble, trouble


def _says_ok(now: After) -> _Judged:
    inside = now.inside
    if inside.state is None:
        return None, inside.trouble
    said = f"{inside.state}: {inside.message}" if inside.state != "Ok" else inside.state
    return inside.state == "Ok", said


def _reaches(now: After) -> _Judged:
    """Both ways. What others do not reach either is those peers' trouble, not this node's."""
    own = now.inside.unreachable
    if now.peering.missing:
        return False, f"not reached from {', '.join(now.peering.missing)}"
    if own is None:
        return None, now.inside.trouble
    if lost := [peer for peer in own if peer not in now.peering.lost]:
        return False, f"does not reach {', '.join(lost)}"
    if now.peering.asked:
        return True, f"also asked from {', '.join(now.peering.asked)}"
    return True, ""


def _endpoints(now: After, before: Inside) -> _Judged:
    share, was = now.inside.ready_share, before.ready_share
    if share is None:
        return None, now.inside.trouble
    enough = READY_SHARE if was is None else min(was, READY_SHARE)
    return share >= enough, f"{now.inside.endpoints_ready} of {now.inside.endpoints}"
