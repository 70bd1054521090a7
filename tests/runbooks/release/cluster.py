"""A cluster in order, as evidence: tests change one thing and look at what is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.clients.helm.release import Revision
from bot.clients.kubernetes.objects import ConfigMap, DaemonSet, Deployment, Node, Pod
from runbooks.release.record import Objects, Recorded
from tests.clients.helm.revisions import revision

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
CHANGED = NOW - timedelta(days=9)
MADE = NOW - timedelta(days=8)
SYSTEM = "kube-system"
DATA = {"debug": "false", "enable-ipv4": "true", "bpf-policy-map-max": "16384"}
AGENT_IMAGE = "quay.io/cilium/cilium:v1.18.6"
OPERATOR_IMAGE = "quay.io/cilium/operator-generic:v1.18.6"


def when(moment: datetime) -> str:
    return moment.isoformat()


def decoded(kind: Any, document: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document), type=kind)


def managed(*managers: str, at: datetime = CHANGED) -> list[dict[str, Any]]:
    return [{"manager": name, "operation": "Apply", "time": when(at)} for name in managers]


def config(
    data: dict[str, str] | None = None, *, managers: tuple[str, ...] = ("helm",),
    changed: datetime = CHANGED,
) -> ConfigMap:  # fmt: skip
    metadata = {"name": "cilium-config", "managedFields": managed(*managers, at=changed)}
    made: ConfigMap = decoded(ConfigMap, {"metadata": metadata, "data": DATA | (data or {})})
    return made


def template(name: str, image: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, "image": image}]}}


def daemonset(
    *, image: str = AGENT_IMAGE, strategy: str = "RollingUpdate",
    managers: tuple[str, ...] = ("helm",), labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> DaemonSet:  # fmt: skip
    made: DaemonSet = decoded(
        DaemonSet,
        {
            "metadata": {
                "name": "cilium",
                "labels": {"app.kubernetes.io/managed-by": "Helm"} | (labels or {}),
                "annotations": annotations or {},
                "managedFields": managed(*managers),
            },
            "spec": {
                "updateStrategy": {"type": strategy},
                "template": template("cilium-agent", image),
            },
        },
    )
    return made


def operator(*, image: str = OPERATOR_IMAGE, replicas: int = 2) -> Deployment:
    made: Deployment = decoded(
        Deployment,
        {
            "metadata": {"name": "cilium-operator"},
            "spec": {"replicas": replicas, "template": template("cilium-operator", image)},
        },
    )
    return made


def objects() -> Objects:
    """What the release consists of."""
    return {
        ("ConfigMap", "cilium-config"): {"kind": "ConfigMap", "data": dict(DATA)},
        ("DaemonSet", "cilium"): {
            "spec": {
                "updateStrategy": {"type": "RollingUpdate"},
                "template": template("cilium-agent", AGENT_IMAGE),
            }
        },
        ("Deployment", "cilium-operator"): {
            "spec": {"replicas": 2, "template": template("cilium-operator", OPERATOR_IMAGE)}
        },
    }


def history() -> tuple[Revision, ...]:
    return (
        revision(1, version="1.18.5", updated=NOW - timedelta(days=30)),
        revision(2, updated=NOW - timedelta(days=20)),
        revision(3, "deployed", values={"debug": {"enabled": True}}, updated=CHANGED),
    )


def record(*revisions: Revision) -> Recorded:
    return Recorded(history=revisions or history(), objects=objects())


def pod(
    node: str, image: str = AGENT_IMAGE, container: str = "cilium-agent", made: datetime = MADE
) -> Pod:
    found: Pod = decoded(
        Pod,
        {
            "metadata": {"name": f"{container}-{node}", "creationTimestamp": when(made)},
            "spec": {"nodeName": node, "containers": [{"name": container, "image": image}]},
        },
    )
    return found


def node(name: str, **labels: str) -> Node:
    found: Node = decoded(Node, {"metadata": {"name": name, "labels": labels}})
    return found
