"""cilium-config, the Services and the custom resource definitions."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.kinds import BY_PATH, CILIUM
from bot.playground.cluster.ownership import owned_part, sign

from .release import Release

JsonObject = dict[str, Any]
METRICS_KEY = "prometheus-serve-metrics-addr"


def cilium_config(release: Release) -> dict[str, str]:
    """The keys of cilium-config that a default tunnel installation with Hubble writes."""
    keys = {
        "agent-not-ready-taint-key": "node.cilium.io/agent-not-ready",
        "auto-direct-node-routes": "false",
        "bpf-lb-acceleration": "disabled",
        "bpf-map-dynamic-size-ratio": "0.0025",
        "bpf-policy-map-max": "16384",
        "cilium-endpoint-gc-interval": "5m0s",
        "cluster-id": "0",
        "cluster-name": release.cluster_name,
        "cluster-pool-ipv4-cidr": "10.0.0.0/8",
        "cluster-pool-ipv4-mask-size": "24",
        "cni-exclusive": "true",
        "cni-log-file": "/var/run/cilium/cilium-cni.log",
        "debug": "false",
        "enable-bpf-masquerade": "true",
        "enable-endpoint-health-checking": "true",
        "enable-health-checking": "true",
        "enable-hubble": "true",
        "enable-ipv4": "true",
        "enable-ipv4-masquerade": "true",
        "enable-ipv6": "false",
        "enable-l7-proxy": "true",
        "enable-policy": "default",
        "hubble-listen-address": ":4244",
        "hubble-socket-path": "/var/run/cilium/hubble.sock",
        "identity-allocation-mode": "crd",
        "ipam": "cluster-pool",
        "kube-proxy-replacement": "true",
        "monitor-aggregation": "medium",
        "nodes-gc-interval": "5m0s",
        "operator-prometheus-serve-addr": ":9963",
        "routing-mode": "tunnel",
        "tofqdns-proxy-response-max-delay": "100ms",
        "tunnel-protocol": "vxlan",
        "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist",
    }
    if release.agent_metrics:
        keys[METRICS_KEY] = ":9962"
    if release.minor >= 16:
        keys["external-envoy-proxy"] = "true"
    return keys


def config_map(release: Release, created: str, changed: str) -> JsonObject:
    """ConfigMap cilium-config, written by Helm at ``changed``."""
    thing: JsonObject = {
        "metadata": {
            "name": "cilium-config",
            "namespace": "kube-system",
            "creationTimestamp": created,
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "meta.helm.sh/release-name": "cilium",
                "meta.helm.sh/release-namespace": "kube-system",
            },
        },
        "data": cilium_config(release),
    }
    fields: JsonObject = {"f:data": {f"f:{key}": {} for key in owned_part(thing)["data"]}}
    return sign(thing, fields, manager="helm", operation="Apply", api_version="v1", at=changed)


def service(
    name: str, created: str, selector: dict[str, str], port: int, target: int, address: str
) -> JsonObject:
    """A ClusterIP Service in kube-system."""
    return {
        "metadata": {"name": name, "namespace": "kube-system", "creationTimestamp": created},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "clusterIPs": [address],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "selector": selector,
            "ports": [{"port": port, "targetPort": target, "protocol": "TCP"}],
            "sessionAffinity": "None",
        },
        "status": {"loadBalancer": {}},
    }


def services(created: str) -> list[JsonObject]:
    """hubble-peer, hubble-relay (port 80: relay TLS is off by default) and kube-dns."""
    dns = service("kube-dns", created, {"k8s-app": "kube-dns"}, 53, 53, "10.96.0.10")
    dns["spec"]["ports"][0] |= {"name": "dns-tcp"}
    return [
        service("hubble-peer", created, {"k8s-app": "cilium"}, 443, 4244, "10.96.20.4"),
        service("hubble-relay", created, {"k8s-app": "hubble-relay"}, 80, 4245, "10.96.20.5"),
        dns,
    ]


def definitions(release: Release, created: str) -> list[JsonObject]:
    """The CustomResourceDefinitions of the Cilium kinds this simulator serves."""
    label = {"io.cilium.k8s.crd.schema.version": release.crd_schema}
    return [
        {
            "metadata": {
                "name": kind.qualified,
                "generation": 1,
                "creationTimestamp": created,
                "labels": label,
            },
            "spec": {
                "group": CILIUM,
                "names": {
                    "categories": ["cilium"],
                    "kind": kind.kind,
                    "listKind": f"{kind.kind}List",
                    "plural": kind.plural,
                    "shortNames": list(kind.short),
                    "singular": kind.singular,
                },
                "scope": "Namespaced" if kind.namespaced else "Cluster",
                "versions": [
                    {
                        "name": kind.version,
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object"}},
                    }
                ],
            },
            "status": {
                "acceptedNames": {"kind": kind.kind, "plural": kind.plural},
                "conditions": [
                    {
                        "type": "Established",
                        "status": "True",
                        "lastTransitionTime": created,
                        "reason": "InitialNamesAccepted",
                        "message": "the initial names have been accepted",
                    }
                ],
                "storedVersions": [kind.version],
            },
        }
        for kind in BY_PATH.values()
        if kind.custom
    ]
