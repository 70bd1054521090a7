"""Nodes as Kubernetes sees them, and their share of pod addresses."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Finding
from bot.clients.cilium.names import AGENT_NOT_READY_TAINT
from bot.clients.kubernetes.objects import CiliumNode, Node
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judging.about import about_node

BLOCK_MODES = ("cluster-pool", "kubernetes")
"""IPAM modes in which every node owns blocks of pod addresses."""


def judge(seen: Seen) -> Iterator[Finding]:
    """Findings about nodes."""
    for name, node in sorted((seen.nodes or {}).items()):
        yield from _conditions(name, node)
    mode = ((seen.config.data or {}) if seen.config else {}).get("ipam", "")
    for name, cilium_node in sorted((seen.cilium_nodes or {}).items()):
        if seen.node in (None, name):
            yield from _addresses(name, cilium_node, mode)


def _conditions(name: str, node: Node) -> Iterator[Finding]:
    ready = node.condition("Ready")
    if ready is None or ready.status != "True":
        said = ready.message if ready else "the kubelet never reported"
        condition = f"{ready.status} ({ready.reason})" if ready else "missing"
        yield about_node(
            "node-not-ready",
            name,
            f"The node is not ready: {said.rstrip('.') or 'no message'}.",
            proof=(f"Ready = {condition}",),
        )
    network = node.condition("NetworkUnavailable")
    if network is not None and network.status == "True":
        yield about_node(
            "node-network-unavailable",
            name,
            "Kubernetes holds the node's network for unavailable.",
            proof=(f"NetworkUnavailable = True ({network.reason})",),
        )
    if any(taint.key == AGENT_NOT_READY_TAINT for taint in node.spec.taints or ()):
        yield about_node(
            "node-tainted",
            name,
            "Pods are kept off the node until its agent is ready.",
            proof=(f"taint {AGENT_NOT_READY_TAINT}",),
        )


def _addresses(name: str, node: CiliumNode, mode: str) -> Iterator[Finding]:
    error = node.status.ipam.operator_status.error
    without = mode in BLOCK_MODES and not node.spec.ipam.pod_cidrs
    if not error and not without:
        return
    yield about_node(
        "pod-cidr-missing" if without else "ipam-operator-error",
        name,
        (
            "The node has no block of pod addresses."
            if without
            else "The operator could not give the node addresses."
        ),
        proof=tuple(filter(None, (f"IPAM mode {mode or 'unknown'}", error[:300]))),
    )
