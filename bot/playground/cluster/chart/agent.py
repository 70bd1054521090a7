"""DaemonSets of the chart: the agent and its Envoy."""

from __future__ import annotations

from typing import Any

from .release import Release

JsonObject = dict[str, Any]

_PROBE = {"httpGet": {"host": "127.0.0.1", "path": "/healthz", "port": 9879, "scheme": "HTTP"}}
_INIT = (
    "config",
    "mount-cgroup",
    "apply-sysctl-overwrites",
    "mount-bpf-fs",
    "clean-cilium-state",
    "install-cni-binaries",
)


def _labels(app: str, name: str) -> dict[str, str]:
    return {"k8s-app": app, "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "cilium"}


def agent_ports(release: Release) -> list[JsonObject]:
    """Host ports: metrics when served; health and peer are declared from 1.19 on."""
    ports = []
    if release.minor >= 19:
        ports += [("health", 9879), ("peer-service", 4244)]
    if release.agent_metrics:
        ports.append(("prometheus", 9962))
    return [
        {"name": name, "hostPort": port, "containerPort": port, "protocol": "TCP"}
        for name, port in ports
    ]


def agent_template(release: Release) -> JsonObject:
    """The agent's pod template."""
    image = release.image("cilium")
    annotations = {"kubectl.kubernetes.io/default-container": "cilium-agent"}
    if release.agent_metrics:
        annotations |= {"prometheus.io/port": "9962", "prometheus.io/scrape": "true"}
    common: JsonObject = {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "imagePullPolicy": "IfNotPresent",
    }
    startup_failures = 300 if release.minor >= 18 else 105
    return {
        "metadata": {"labels": _labels("cilium", "cilium-agent"), "annotations": annotations},
        "spec": {
            "initContainers": [
                {"name": name, "image": image, "resources": {}} | common for name in _INIT
            ],
            "containers": [
                {
                    "name": "cilium-agent",
                    "image": image,
                    "command": ["cilium-agent"],
                    "args": ["--config-dir=/tmp/cilium/config-map"],
                    "ports": agent_ports(release),
                    "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}},
                    "startupProbe": _PROBE
                    | {"failureThreshold": startup_failures, "periodSeconds": 2},
                    "livenessProbe": _PROBE | {"failureThreshold": 10, "periodSeconds": 30},
                    "readinessProbe": _PROBE | {"failureThreshold": 3, "periodSeconds": 30},
                }
                | common
            ],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 1,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "cilium",
            "serviceAccount": "cilium",
            "hostNetwork": True,
            "securityContext": {},
            "schedulerName": "default-scheduler",
            "tolerations": [{"operator": "Exists"}],
            "priorityClassName": "system-node-critical",
        },
    }


def envoy_template() -> JsonObject:
    """The pod template of cilium-envoy (its own DaemonSet from 1.16)."""
    return {
        "metadata": {"labels": _labels("cilium-envoy", "cilium-envoy")},
        "spec": {
            "containers": [
                {
                    "name": "cilium-envoy",
                    "image": "quay.io/cilium/cilium-envoy:v1.34.12-1768234567",
                    "command": ["/usr/bin/cilium-envoy-starter"],
                    "ports": [
                        {
                            "name": "envoy-metrics",
                            "hostPort": 9964,
                            "containerPort": 9964,
                            "protocol": "TCP",
                        }
                    ],
                    "resources": {},
                    "imagePullPolicy": "IfNotPresent",
                }
            ],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 1,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "cilium-envoy",
            "hostNetwork": True,
            "tolerations": [{"operator": "Exists"}],
            "priorityClassName": "system-node-critical",
        },
    }


def daemonset(name: str, template: JsonObject, created: str) -> JsonObject:
    """A DaemonSet as the chart leaves it: RollingUpdate, two nodes at a time."""
    labels: dict[str, str] = template["metadata"]["labels"]
    return {
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "generation": 1,
            "creationTimestamp": created,
            "labels": {**labels, "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "deprecated.daemonset.template.generation": "1",
                "meta.helm.sh/release-name": "cilium",
                "meta.helm.sh/release-namespace": "kube-system",
            },
        },
        "spec": {
            "selector": {"matchLabels": {"k8s-app": labels["k8s-app"]}},
            "template": template,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0},
            },
            "revisionHistoryLimit": 10,
        },
        "status": {},
    }
