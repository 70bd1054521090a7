"""Gathering: release, workloads and agents; then each object of the target, tried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.authoring import Looking
from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR
from bot.clients.helm.manifest import documents_of
from bot.clients.helm.release import Revision
from bot.model.errors import ClientError
from runbooks.agent.pods import live
from runbooks.release.record import find_record
from runbooks.release.rollback.evidence import Seen
from runbooks.release.rollback.judge import refusal
from runbooks.release.rollback_target import NoTarget, Target
from runbooks.release.trial import try_out

TRYING_WITHIN = 15.0
"""Seconds, of the thirty that a plan may take."""

Choose = Callable[[Sequence[Revision]], Target | NoTarget]


async def gather(look: Looking, choose: Choose) -> Seen:
    """Everything the plan rests on; ``choose`` gives the target.

    Raises :class:`PlanRefused` where there is none, and :class:`OncallError` when something could
    not be seen, or there is no helm to run.
    """
    cluster, reads = look.cluster, look.cluster.reads
    namespace = cluster.namespace
    daemonsets, pods, _ = await asyncio.gather(
        reads.daemonsets(namespace),
        reads.pods(namespace, AGENT_SELECTOR),
        cluster.helm.version(),
    )
    by_name = {one.name: one for one in daemonsets.items}
    record = await find_record(cluster, by_name.get(AGENT_DAEMONSET))
    history = record.history or ()
    seen = Seen(
        read_at=look.now(),
        cluster=cluster.name,
        namespace=namespace,
        history=history,
        daemonsets=by_name,
        agents=live(pods.items),
        target=choose(history),
    )
    if not history:
        seen.namespaces = await _namespaces(look)
    if refused := refusal(seen):
        raise refused
    await _try(look, seen)
    if refused := refusal(seen):
        raise refused
    return seen


async def _try(look: Looking, seen: Seen) -> None:
    target, newest = seen.target, seen.newest
    assert isinstance(target, Target)  # noqa: S101  refused otherwise
    assert newest is not None  # noqa: S101  a target is in a history
    seen.before, seen.after = await asyncio.gather(
        asyncio.to_thread(documents_of, newest.manifest),
        asyncio.to_thread(documents_of, target.revision.manifest),
    )
    seen.trial = await try_out(look, newest.release, seen.after, seen.before, within=TRYING_WITHIN)


async def _namespaces(look: Looking) -> tuple[str, ...]:
    """For a suggestion only: a bot without the right to see them makes none."""
    with suppress(ClientError):
        return tuple(await look.cluster.reads.namespace_names())
    return ()
