"""ControllerRevisions: the remembered templates of a DaemonSet."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.names import labels_of, stable_hash
from bot.playground.cluster.podlife import Owner
from bot.playground.cluster.store import ObjectStore, Stored

JsonObject = dict[str, Any]


def template_hash(template: JsonObject) -> str:
    """The ``controller-revision-hash`` of a pod template."""
    return stable_hash(template)


def owner_of(daemonset: Stored) -> Owner:
    """The DaemonSet as the owner of its pods and revisions."""
    return Owner("apps/v1", "DaemonSet", daemonset.name, daemonset.uid)


def history(store: ObjectStore, daemonset: Stored) -> list[Stored]:
    """All revisions of a DaemonSet, oldest number first."""
    owned = store.collection("controllerrevisions").owned_by(daemonset.uid)
    return sorted(owned, key=lambda revision: int(revision.object["revision"]))


def ensure_current(store: ObjectStore, daemonset: Stored) -> str:
    """Make the newest revision the one of the present template; returns its hash.

    A template that was seen before gets its old revision back under a higher number, as after a
    rollback; the oldest revisions beyond ``revisionHistoryLimit`` go away.
    """
    spec = daemonset.object["spec"]
    revision_hash = template_hash(spec["template"])
    known = history(store, daemonset)
    newest = int(known[-1].object["revision"]) if known else 0
    name = f"{daemonset.name}-{revision_hash}"
    existing = next((revision for revision in known if revision.name == name), None)
    if existing is None:
        store.create("controllerrevisions", record(daemonset, spec["template"], newest + 1))
    elif int(existing.object["revision"]) < newest:
        store.replace("controllerrevisions", existing.object | {"revision": newest + 1})
    for surplus in known[: max(0, len(known) - int(spec.get("revisionHistoryLimit", 10)))]:
        store.delete("controllerrevisions", surplus.name, surplus.namespace)
    return revision_hash


def record(daemonset: Stored, template: JsonObject, number: int) -> JsonObject:
    """A ControllerRevision for one template."""
    revision_hash = template_hash(template)
    return {
        "metadata": {
            "name": f"{daemonset.name}-{revision_hash}",
            "namespace": daemonset.namespace,
            "labels": labels_of(template) | {"controller-revision-hash": revision_hash},
            "annotations": {
                "deprecated.daemonset.template.generation": str(
                    daemonset.object["metadata"].get("generation", 1)
                )
            },
            "ownerReferences": [owner_of(daemonset).reference()],
        },
        "data": {"spec": {"template": {"$patch": "replace", **template}}},
        "revision": number,
    }
