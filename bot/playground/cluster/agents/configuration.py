"""``cilium-dbg config --read-only``: the daemon's fields by their Go names, typed as Go has them.

A part of the real list; source: pkg/option of Cilium 1.18.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS = {
    "agent-not-ready-taint-key": "AgentNotReadyNodeTaintKey",
    "auto-direct-node-routes": "EnableAutoDirectRouting",
    "bpf-policy-map-max": "PolicyMapEntries",
    "cluster-id": "ClusterID",
    "cluster-name": "ClusterName",
    "debug": "Debug",
    "enable-bpf-masquerade": "EnableBPFMasquerade",
    "enable-endpoint-health-checking": "EnableEndpointHealthChecking",
    "enable-health-checking": "EnableHealthChecking",
    "enable-ipv4": "EnableIPv4",
    "enable-ipv4-masquerade": "EnableIPv4Masquerade",
    "enable-ipv6": "EnableIPv6",
    "enable-l7-proxy": "EnableL7Proxy",
    "enable-policy": "EnablePolicy",
    "identity-allocation-mode": "IdentityAllocationMode",
    "ipam": "IPAM",
    "kube-proxy-replacement": "KubeProxyReplacement",
    "monitor-aggregation": "MonitorAggregation",
    "routing-mode": "RoutingMode",
    "tofqdns-proxy-response-max-delay": "FQDNProxyResponseMaxDelay",
    "tunnel-protocol": "TunnelProtocol",
}
_TEXTS = {"KubeProxyReplacement"}


def fields(config: Mapping[str, str]) -> dict[str, Any]:
    """The daemon's fields that follow from cilium-config."""
    known = {name: config[key] for key, name in _FIELDS.items() if key in config}
    return {name: _typed(name, text) for name, text in known.items()} | {
        "RunDir": "/var/run/cilium",
        "NodePortRange": [],
    }


def _typed(name: str, text: str) -> Any:
    if name in _TEXTS:
        return text
    if text in ("true", "false"):
        return text == "true"
    if text.isdigit():
        return int(text)
    if text.endswith("ms") and text[:-2].isdigit():
        return int(text[:-2]) * 1_000_000  # time.Duration
    return text
