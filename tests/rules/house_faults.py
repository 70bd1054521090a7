"""Faults of the agents as a whole, the operator and what connects the nodes."""

from __future__ import annotations

from tests.rules.fault import Fault
from tests.rules.healthy import HEALTHY, LEASE, NODES, agent, available, daemonset, pod

_ROLLING = {
    daemonset("status_updated_number_scheduled"): "4x20 0x40 1x40 2x40 3x40",
    daemonset("status_number_unavailable"): "0x20 1x170",
}

HOUSE_FAULTS = (
    Fault("nothing", {}),
    Fault("one agent target down", {agent("up"): "0x200"}, fires={"CiliumAgentDown": 1}),
    Fault(
        "scrape config lost",
        {},
        gone=tuple(agent("up", node=node) for node in NODES),
        fires={"CiliumAgentMissing": 1},
    ),
    Fault(
        "one agent pod not ready, no rollout",
        {
            pod("kube_pod_status_ready", 'condition="true"'): "0x200",
            daemonset("status_number_unavailable"): "1x200",
        },
        fires={"CiliumAgentPodNotReady": 1, "CiliumAgentUnavailable": 1},
    ),
    Fault("rolling update with one unavailable agent at a time", _ROLLING, at="2h"),
    Fault(
        "rolling update that does not end",
        _ROLLING,
        fires={"CiliumRolloutUnfinished": 1},
        at="2h40m",
    ),
    Fault(
        "canary agent stuck while OnDelete is open",
        {
            pod("kube_pod_status_ready", 'condition="true"'): "0x200",
            daemonset("status_updated_number_scheduled"): "1x200",
            daemonset("status_number_unavailable"): "1x200",
        },
        fires={"CiliumAgentPodNotReady": 1},
        at="1h",
    ),
    Fault(
        "DaemonSet removed",
        {},
        gone=tuple(series for series in HEALTHY if 'daemonset="cilium"' in series),
        fires={"CiliumDaemonSetMissing": 1},
    ),
    Fault(
        "generation not observed",
        {daemonset("metadata_generation"): "4x200"},
        fires={"CiliumDaemonSetNotObserved": 1},
    ),
    Fault(
        "crash loop",
        {pod("kube_pod_container_status_restarts_total", 'container="cilium-agent"'): "0+1x200"},
        fires={"CiliumAgentCrashLooping": 1},
    ),
    Fault(
        "single restart without OOM",
        {pod("kube_pod_container_status_restarts_total", 'container="cilium-agent"'): "0x175 1x25"},
        fires={},
    ),
    Fault(
        "OOM kill",
        {
            pod(
                "kube_pod_container_status_restarts_total", 'container="cilium-agent"'
            ): "0x175 1x25",
            pod(
                "kube_pod_container_status_last_terminated_reason",
                'container="cilium-agent",reason="OOMKilled"',
            ): "1x200",
        },
        fires={"CiliumAgentOOMKilled": 1},
    ),
    Fault(
        "memory near limit",
        {agent("cilium_process_resident_memory_bytes"): "900000000x200"},
        fires={"CiliumAgentMemoryHigh": 1},
    ),
    Fault(
        "cpu jump",
        {agent("cilium_process_cpu_seconds_total"): "0+6x140 1020+180x60"},
        fires={"CiliumAgentCpuHigh": 1},
    ),
    Fault(
        "constantly busy agent is not an alert",
        {agent("cilium_process_cpu_seconds_total"): "0+180x200"},
        fires={},
    ),
    Fault(
        "operator gone (0 replicas)",
        {available("cilium-operator"): "0x200"},
        fires={"CiliumOperatorDown": 1},
    ),
    Fault(
        "operator deployment deleted",
        {},
        gone=(available("cilium-operator"),),
        fires={"CiliumOperatorDown": 1},
    ),
    Fault(
        "operator lease stale", {LEASE: "0+60x170 10200x30"}, fires={"CiliumOperatorLeaseStale": 1}
    ),
    Fault(
        "one dead node seen by all others: one warning, no page",
        {
            agent("cilium_unreachable_nodes"): "1x200",
            agent("cilium_unreachable_nodes", node=2): "1x200",
            agent("cilium_unreachable_nodes", node=3): "1x200",
        },
        fires={"CiliumNodesUnreachable": 1},
    ),
    Fault(
        "isolated observer",
        {
            agent("cilium_unreachable_nodes"): "3x200",
            agent("cilium_unreachable_nodes", node=2): "1x200",
            agent("cilium_unreachable_nodes", node=3): "1x200",
            agent("cilium_unreachable_nodes", node=4): "1x200",
        },
        fires={
            "CiliumNodeIsolated": 1,
            "CiliumNodesUnreachable": 1,
            "CiliumNodesUnreachableMany": 1,
        },
    ),
    Fault(
        "cluster split in halves",
        {
            agent("cilium_unreachable_nodes"): "2x200",
            agent("cilium_unreachable_nodes", node=2): "2x200",
            agent("cilium_unreachable_nodes", node=3): "2x200",
            agent("cilium_unreachable_nodes", node=4): "2x200",
        },
        fires={"CiliumMajorityUnreachable": 1, "CiliumNodesUnreachable": 1},
    ),
    Fault(
        "overlay fault: health endpoints only",
        {agent("cilium_unreachable_health_endpoints", node=2): "2x200"},
        fires={"CiliumHealthEndpointsUnreachable": 1},
    ),
    Fault(
        "remote cluster not ready",
        {
            agent(
                "cilium_clustermesh_remote_cluster_readiness_status", 'target_cluster="b"'
            ): "0x200"
        },
        fires={"CiliumClusterMeshNotReady": 1},
    ),
)
