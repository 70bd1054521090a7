"""Names and labels that Cilium's Helm chart gives to its objects, stable from 1.14 to 1.20.

Source: charts 1.14.19 - 1.20.0, rendered.
"""

from __future__ import annotations

AGENT_DAEMONSET = "cilium"
ENVOY_DAEMONSET = "cilium-envoy"
OPERATOR_DEPLOYMENT = "cilium-operator"
OPERATOR_CONTAINER = "cilium-operator"
RELAY_DEPLOYMENT = "hubble-relay"

AGENT_SELECTOR = "k8s-app=cilium"
ENVOY_SELECTOR = "k8s-app=cilium-envoy"
OPERATOR_SELECTOR = "io.cilium/app=operator"
RELAY_SELECTOR = "k8s-app=hubble-relay"
CLUSTERMESH_SELECTOR = "k8s-app=clustermesh-apiserver"

CONFIG_MAP = "cilium-config"
OPERATOR_LEASE = "cilium-operator-resource-lock"
AGENT_NOT_READY_TAINT = "node.cilium.io/agent-not-ready"
