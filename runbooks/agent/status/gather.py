"""Gathering: objects first, then the agents, everything concurrent and within the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.authoring import Gap, Run
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.health import PeerHealth
from bot.clients.cilium.names import (
    AGENT_SELECTOR,
    CONFIG_MAP,
    ENVOY_SELECTOR,
    OPERATOR_LEASE,
    OPERATOR_SELECTOR,
    RELAY_SELECTOR,
)
from bot.clients.kubernetes.objects import Pod
from bot.clients.kubernetes.pod_ref import PodRef
from bot.clients.kubernetes.reads import Listed
from bot.engine.concurrent import Answers, ask_all
from bot.model.errors import ClientError, NotFound, TimedOut
from runbooks.agent.status import thresholds
from runbooks.agent.status.choose import (
    metrics_port,
    observers,
    sample,
    suspicious_by_metrics,
    suspicious_by_pods,
)
from runbooks.agent.status.evidence import Seen, image_of, is_running

FIRST_ASKED = 8
"""Agents whose metrics are asked first: if none of them answers, none is expected to."""
FIRST_WAIT = 0.75
"""Seconds these have before we look inside every agent instead."""
RESERVE = 0.3
"""Seconds kept for judging and answering."""
HEALTH_SHARE = 0.15
"""The share of the deadline kept for what agents say of their peers, which is asked last."""


async def gather(run: Run, node: str | None, *, deep: bool) -> Seen:
    """Everything ``status`` judges. What cannot be read becomes a gap."""
    seen = Seen(read_at=run.now(), namespace=run.cluster.namespace, node=node, deep=deep)
    await run.step("read objects", lambda: _read_objects(run, seen))
    async with asyncio.TaskGroup() as asking:
        asking.create_task(_Hearing(run, seen).hear())
        if node is not None:
            asking.create_task(_read_detail(run, seen, node))
    return seen


async def _read_objects(run: Run, seen: Seen) -> None:
    reads, namespace = run.cluster.reads, seen.namespace
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "nodes": reads.nodes,
        "agents": lambda: reads.pods(namespace, AGENT_SELECTOR),
        "envoys": lambda: reads.pods(namespace, ENVOY_SELECTOR, node=seen.node),
        "operators": lambda: reads.pods(namespace, OPERATOR_SELECTOR),
        "relays": lambda: reads.pods(namespace, RELAY_SELECTOR),
        "daemonsets": lambda: reads.daemonsets(namespace),
        "deployments": lambda: reads.deployments(namespace),
        "config": lambda: reads.config_map(namespace, CONFIG_MAP),
        "lease": lambda: reads.lease(namespace, OPERATOR_LEASE),
        "revisions": lambda: reads.controller_revisions(namespace, AGENT_SELECTOR),
        "cilium_nodes": reads.cilium_nodes,
    }
    if seen.node is not None:
        only = seen.node
        questions["nodes"] = lambda: _single(reads.node(only))
    run.progress("reading objects")
    answers = await ask_all(questions, lambda name: questions[name](), within=run.remaining * 0.6)
    if not answers.values:  # nothing answers: one sentence says it best
        raise next(iter(answers.errors.values()), _SILENT_SERVER)
    for name, value in answers.values.items():
        _take_object(seen, name, value)
    _object_gaps(seen, answers)


async def _single(reading: Awaitable[Any]) -> Listed[Any]:
    return Listed((await reading,))


_SILENT_SERVER = TimedOut(
    "The API server does not answer.",
    hint="Is the VPN up? Try `kubectl get nodes`, or more time: --deadline 60s.",
)

_BY_NODE = ("agents", "envoys")
_BY_NAME = ("nodes", "daemonsets", "deployments", "cilium_nodes")


def _take_object(seen: Seen, name: str, value: Any) -> None:
    if not isinstance(value, Listed):
        setattr(seen, name, value)
        return
    if value.unreadable:
        seen.gaps.append(Gap(f"{len(value.unreadable)} of the {name}", value.unreadable[0]))
    if name in _BY_NODE:
        setattr(seen, name, _newest_by_node(value.items))
    elif name in _BY_NAME:
        setattr(seen, name, {item.metadata.name: item for item in value.items})
    else:
        setattr(seen, name, value.items)


def _newest_by_node(pods: tuple[Pod, ...]) -> dict[str, Pod]:
    """One pod per node: during a rollout the old one is still going while the new one starts."""
    newest: dict[str, Pod] = {}
    for pod in sorted(
        pods, key=lambda pod: (not pod.deleting, str(pod.metadata.creation_timestamp))
    ):
        if pod.spec.node_name:
            newest[pod.spec.node_name] = pod
    return newest


_WORDS = {
    "nodes": "nodes",
    "agents": "agent pods",
    "envoys": "envoy pods",
    "operators": "operator pods",
    "relays": "relay pods",
    "daemonsets": "DaemonSets",
    "deployments": "Deployments",
    "config": "ConfigMap cilium-config",
    "lease": "the operator's Lease",
    "revisions": "ControllerRevisions",
    "cilium_nodes": "CiliumNodes",
}
_BLINDING = ("agents", "nodes", "daemonsets")


def _object_gaps(seen: Seen, answers: Answers[str, Any]) -> None:
    for name, error in answers.errors.items():
        if isinstance(error, NotFound) and name in ("config", "lease"):
            continue  # a fact, judged with the rest
        seen.gaps.append(Gap(_WORDS[name], error.message, error.hint, name in _BLINDING))
    for name in answers.silent:
        reason = "The API server did not answer in time."
        seen.gaps.append(Gap(_WORDS[name], reason, "Try again with --deadline 60s.", True))


class _Hearing:
    """Asking the agents: metrics of all, and exec where it is worth it."""

    def __init__(self, run: Run, seen: Seen) -> None:
        self._run = run
        self._seen = seen
        running = {node: pod for node, pod in (seen.agents or {}).items() if is_running(pod)}
        self._running = running
        self._refs = {node: PodRef.of(pod) for node, pod in running.items()}
        self._scope = running.keys() & seen.in_scope(running).keys()
        self._patience = max(1.0, run.deadline / 4)
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

        answers = await ask_all(chosen & self._running.keys(), ask, within=_time_left(self._run))
        self._seen.health.update(answers.values)

    def _note_unheard(self) -> None:
        seen = self._seen
        for node in sorted(self._asked - seen.statuses.keys()):
            error = self._why.get(node)
            heard = node in seen.metrics
            reason = error.message if error else "No answer in time."
            subject = f"inside the agent on {node}" if heard else f"the agent on {node}"
            seen.gaps.append(Gap(subject, reason, error.hint if error else "", not heard))
        seen.unheard = set(self._scope) - seen.heard

    def _progress(self, node: str) -> None:
        self._heard.add(node)
        self._run.progress("asking agents", len(self._heard), len(self._scope))

    def _time_for_agents(self) -> float:
        return max(0.1, _time_left(self._run) - HEALTH_SHARE * self._run.deadline)


def _time_left(run: Run) -> float:
    return max(0.1, run.remaining - RESERVE)


async def _read_detail(run: Run, seen: Seen, node: str) -> None:
    """The endpoints of ``node``, and the last words of its agent."""
    pod = (seen.agents or {}).get(node)
    if pod is None:
        return
    cluster, timeout = run.cluster, max(1.0, run.deadline / 4)
    container = pod.container(AGENT_CONTAINER)
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "log": lambda: cluster.reads.log(
            seen.namespace,
            pod.name,
            AGENT_CONTAINER,
            tail=2000,
            since=timedelta(hours=1).total_seconds(),
            timeout=timeout,
        )
    }
    if container and container.restart_count:
        questions["previous_log"] = lambda: cluster.reads.log(
            seen.namespace, pod.name, AGENT_CONTAINER, tail=50, previous=True, timeout=timeout
        )
    if is_running(pod):
        questions["endpoints"] = lambda: cluster.agents.endpoints(
            PodRef.of(pod), image_of(pod), timeout=timeout
        )
    answers = await ask_all(questions, lambda name: questions[name](), within=_time_left(run))
    for name, value in answers.values.items():
        setattr(seen, name, value)
    words = {"log": "the agent's log", "endpoints": "the node's endpoints"}
    for name, what in words.items():
        error = answers.errors.get(name)
        if error is not None:
            seen.gaps.append(Gap(what, error.message, error.hint))
        elif name in answers.silent:
            seen.gaps.append(Gap(what, "No answer in time."))
