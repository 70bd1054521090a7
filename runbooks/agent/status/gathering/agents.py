"""Asking the agents: metrics of all, and exec where it is worth it."""

from __future__ import annotations

import asyncio

from bot.authoring import Gap, Run
from bot.clients.cilium.health import PeerHealth
from bot.clients.kubernetes.pod_ref import PodRef
from bot.engine.concurrent import ask_all
from bot.model.errors import ClientError, Denied, Malformed
from runbooks.agent.pods import is_running
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen, image_of
from runbooks.agent.status.gathering.choose import (
    metrics_port,
    observers,
    sample,
    suspicious_by_metrics,
    suspicious_by_pods,
)
from runbooks.agent.status.gathering.pace import patience, time_left

FIRST_ASKED = 8
"""Agents whose metrics are asked first: if none of them answers, none is expected to."""
FIRST_WAIT = 0.75
"""Seconds these have before we look inside every agent instead."""
HEALTH_SHARE = 0.15
"""The share of the deadline kept for what agents say of their peers, which is asked last."""


class Hearing:
    """One round of questions to the agents of a cluster."""

    def __init__(self, run: Run, seen: Seen) -> None:
        self._run = run
        self._seen = seen
        running = {node: pod for node, pod in (seen.agents or {}).items() if is_running(pod)}
        self._running = running
        self._refs = {node: PodRef.of(pod) for node, pod in running.items()}
        self._scope = running.keys() & seen.in_scope(running).keys()
        self._patience = patience(run)
        self._asked: set[str] = set()
        self._why: dict[str, ClientError] = {}
        self._heard: set[str] = set()

    async def hear(self) -> None:
        """Fill the agents' part of the evidence; unheard agents become gaps."""
        if not self._scope:
            return
        port = metrics_port(self._seen)
        async with asyncio.TaskGroup() as asking:
            asking.create_task(self._exec(self._first_choice(metrics=port is not None)))
            if port is not None:
                asking.create_task(self._metrics_then_exec(port))
            if self._seen.node is not None:
                asking.create_task(self._read_health(observers(self._seen)))
        if port is not None:
            await self._metrics_of_the_closed(port)
        if self._seen.node is None:
            await self._read_health(observers(self._seen) & self._seen.heard)
        self._note_unheard()

    def _first_choice(self, *, metrics: bool) -> set[str]:
        everyone = set(self._scope)
        few = len(everyone) <= thresholds.EXEC_ALL_UP_TO
        if self._seen.deep or self._seen.node is not None or few or not metrics:
            return everyone
        return (suspicious_by_pods(self._seen) | sample(self._seen)) & everyone

    async def _metrics_then_exec(self, port: int) -> None:
        first = set(sorted(self._scope)[:FIRST_ASKED])
        await self._metrics(first, port, within=FIRST_WAIT)
        if self._seen.metrics:
            rest = self._scope - self._seen.metrics.keys()
            await self._metrics(rest, port, within=self._time_for_agents())
        unheard = self._scope - self._seen.metrics.keys()
        await self._exec(unheard | (suspicious_by_metrics(self._seen) & self._scope))

    async def _metrics_of_the_closed(self, port: int) -> None:
        """Where exec is forbidden metrics are all there is: they get the time that is left."""
        forbidden = {node for node, error in self._why.items() if isinstance(error, Denied)}
        unheard = forbidden - self._seen.metrics.keys()
        await self._metrics(unheard, port, within=self._time_for_agents())

    async def _metrics(self, nodes: set[str], port: int, *, within: float) -> None:
        agents = self._run.cluster.agents

        async def ask(node: str) -> None:
            metrics = await agents.metrics(self._refs[node], port, timeout=self._patience)
            self._seen.metrics[node] = metrics
            self._progress(node)

        await ask_all(nodes, ask, within=within)

    async def _exec(self, nodes: set[str]) -> None:
        wanted = nodes - self._asked
        self._asked |= wanted
        agents = self._run.cluster.agents

        async def ask(node: str) -> None:
            image = image_of(self._running[node])
            status = await agents.status(self._refs[node], image, timeout=self._patience)
            self._seen.statuses[node] = status
            self._progress(node)

        answers = await ask_all(sorted(wanted), ask, within=self._time_for_agents())
        self._why |= answers.errors

    async def _read_health(self, chosen: set[str]) -> None:
        agents = self._run.cluster.agents

        async def ask(node: str) -> PeerHealth:
            image = image_of(self._running[node])
            return await agents.health(self._refs[node], image, timeout=self._patience)

        answers = await ask_all(chosen & self._running.keys(), ask, within=time_left(self._run))
        self._seen.health.update(answers.values)

    def _note_unheard(self) -> None:
        seen = self._seen
        for node in sorted(self._asked - seen.statuses.keys()):
            error = self._why.get(node)
            heard = node in seen.metrics
            reason = error.message if error else "No answer in time."
            subject = f"inside the agent on {node}" if heard else f"the agent on {node}"
            unknown = not heard or isinstance(error, Malformed)
            seen.gaps.append(Gap(subject, reason, error.hint if error else "", unknown))
            if unknown:
                seen.unknown.add(node)

    def _progress(self, node: str) -> None:
        self._heard.add(node)
        self._run.progress("asking agents", len(self._heard), len(self._scope))

    def _time_for_agents(self) -> float:
        return max(0.1, time_left(self._run) - HEALTH_SHARE * self._run.deadline)
