"""Nodes, pods, DaemonSets and the other objects Kubernetes knows of Cilium."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.authoring import Gap, Run
from bot.clients.cilium.names import (
    AGENT_SELECTOR,
    CONFIG_MAP,
    ENVOY_SELECTOR,
    OPERATOR_LEASE,
    OPERATOR_SELECTOR,
    RELAY_SELECTOR,
)
from bot.clients.kubernetes.objects import Pod
from bot.clients.kubernetes.reads import Listed
from bot.engine.concurrent import Answers, ask_all
from bot.model.errors import ClientError, NotFound, TimedOut
from runbooks.agent.status.evidence import Seen


async def read_objects(run: Run, seen: Seen) -> None:
    """Read them concurrently. Raises :class:`ClientError` when nothing at all answers."""
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
    unanswered = run.cluster.api.trouble or _SILENT_SERVER
    if not answers.values:  # nothing answers: one sentence says it best
        raise next(iter(answers.errors.values()), unanswered)
    for name, value in answers.values.items():
        _take_object(seen, name, value)
    _object_gaps(seen, answers, unanswered)


async def _single(reading: Awaitable[Any]) -> Listed[Any]:
    return Listed((await reading,))


_SILENT_SERVER = TimedOut(
    "The API server did not answer in time.",
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


def _object_gaps(seen: Seen, answers: Answers[str, Any], unanswered: ClientError) -> None:
    for name, error in answers.errors.items():
        if isinstance(error, NotFound) and name in ("config", "lease"):
            continue  # a fact, judged with the rest
        seen.gaps.append(Gap(_WORDS[name], error.message, error.hint, name in _BLINDING))
    for name in answers.silent:
        seen.gaps.append(Gap(_WORDS[name], unanswered.message, unanswered.hint, name in _BLINDING))
