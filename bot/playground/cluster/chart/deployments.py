"""Deployments of the chart (operator, relay) and CoreDNS beside them."""

from __future__ import annotations

from typing import Any

from .release import Release

JsonObject = dict[str, Any]


def deployment(
    name: str,
    namespace: str,
    template: JsonObject,
    *,
    replicas: int,
    selector: dict[str, str],
    created: str,
    max_surge: str | int = "25%",
    max_unavailable: str | int = "25%",
) -> JsonObject:
    """A Deployment at revision 1."""
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "generation": 1,
            "creationTimestamp": created,
            "labels": template["metadata"]["labels"],
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": selector},
            "template": template,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": max_unavailable, "maxSurge": max_surge},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": {},
    }


def _template(
    labels: dict[str, str],
    container: JsonObject,
    *,
    account: str,
    host_network: bool = False,
    priority: str | None = "system-cluster-critical",
) -> JsonObject:
    spec: JsonObject = {
        "containers": [
            {
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
            }
            | container
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": account,
        "serviceAccount": account,
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    if host_network:
        spec["hostNetwork"] = True
    if priority:
        spec["priorityClassName"] = priority
    return {"metadata": {"labels": labels}, "spec": spec}


def operator(release: Release, replicas: int, created: str) -> JsonObject:
    """cilium-operator: its selector is ``io.cilium/app=operator,name=cilium-operator``."""
    selector = {"io.cilium/app": "operator", "name": "cilium-operator"}
    labels = selector | {
        "app.kubernetes.io/name": "cilium-operator",
        "app.kubernetes.io/part-of": "cilium",
    }
    container: JsonObject = {
        "name": "cilium-operator",
        "image": release.image("operator-generic"),
        "command": ["cilium-operator-generic"],
        "args": ["--config-dir=/tmp/cilium/config-map", "--debug=$(CILIUM_DEBUG)"],
    }
    if release.agent_metrics:
        port = {"name": "prometheus", "containerPort": 9963, "hostPort": 9963, "protocol": "TCP"}
        container["ports"] = [port]
    template = _template(labels, container, account="cilium-operator", host_network=True)
    return deployment(
        "cilium-operator", "kube-system", template, replicas=replicas, selector=selector,
        created=created, max_unavailable="100%" if replicas == 1 else "50%",
    )  # fmt: skip


def relay(release: Release, created: str) -> JsonObject:
    """hubble-relay, one replica."""
    selector = {"k8s-app": "hubble-relay"}
    labels = selector | {
        "app.kubernetes.io/name": "hubble-relay",
        "app.kubernetes.io/part-of": "cilium",
    }
    container = {
        "name": "hubble-relay",
        "image": release.image("hubble-relay"),
        "command": ["hubble-relay"],
        "args": ["serve"],
        "ports": [{"name": "grpc", "containerPort": 4245, "protocol": "TCP"}],
    }
    template = _template(labels, container, account="hubble-relay", priority=None)
    return deployment(
        "hubble-relay", "kube-system", template, replicas=1, selector=selector, created=created,
        max_unavailable=1,
    )  # fmt: skip


def coredns(created: str) -> JsonObject:
    """CoreDNS as kubeadm installs it."""
    selector = {"k8s-app": "kube-dns"}
    container = {
        "name": "coredns",
        "image": "registry.k8s.io/coredns/coredns:v1.13.1",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
        ],
    }
    template = _template(selector, container, account="coredns")
    return deployment(
        "coredns", "kube-system", template, replicas=2, selector=selector, created=created
    )


def workload(name: str, namespace: str, image: str, replicas: int, created: str) -> JsonObject:
    """An ordinary application."""
    selector = {"app.kubernetes.io/name": name}
    labels = selector | {"app.kubernetes.io/part-of": namespace}
    container = {
        "name": name,
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
    }
    template = _template(labels, container, account="default", priority=None)
    return deployment(
        name, namespace, template, replicas=replicas, selector=selector, created=created
    )
