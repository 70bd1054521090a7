"""The store: versions, history, indexes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.cluster.clock import Clock
from bot.playground.cluster.store import ObjectStore


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore(Clock())


def config(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "web"}, "data": data}


def test_an_object_put_twice_keeps_its_identity(store: ObjectStore) -> None:
    first = store.put("configmaps", config("a", k="1"))["metadata"]
    second = store.put("configmaps", config("a", k="2"))["metadata"]

    assert second["uid"] == first["uid"]
    assert second["creationTimestamp"] == first["creationTimestamp"]
    assert int(second["resourceVersion"]) == int(first["resourceVersion"]) + 1


def test_get_answers_a_private_copy(store: ObjectStore) -> None:
    store.put("configmaps", config("a", k="1"))
    store.get("configmaps", "a", "web")["data"]["k"] = "changed"

    assert store.get("configmaps", "a", "web")["data"] == {"k": "1"}
    with pytest.raises(KeyError, match="configmaps web/b"):
        store.get("configmaps", "b", "web")


def test_the_past_can_be_listed_until_it_is_compacted(store: ObjectStore) -> None:
    store.put("configmaps", config("a", k="1"))
    store.put("configmaps", config("gone"))
    then = store.version
    store.put("configmaps", config("a", k="2"))
    store.put("configmaps", config("new"))
    store.delete("configmaps", "gone", "web")

    collection = store.collection("configmaps")
    past = {stored.name: stored.object["data"] for stored in collection.as_of(then)}
    assert past == {"a": {"k": "1"}, "gone": {}}
    assert [stored.name for stored in collection.in_order("web")] == ["a", "new"]
    assert [change.last.name for change in collection.since(then)] == ["a", "new", "gone"]

    store.compact()
    assert collection.compacted == store.version


def test_history_is_bounded(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.playground.cluster.store.HISTORY_LENGTH", 3)
    for number in range(5):
        store.put("configmaps", config("a", k=str(number)))

    collection = store.collection("configmaps")
    assert len(collection.history) == 3
    assert collection.compacted == store.version - 3


def test_amending_without_a_difference_writes_nothing(store: ObjectStore) -> None:
    store.put("configmaps", config("a", k="1"))
    version = store.version

    assert store.amend("configmaps", "a", "web", lambda thing: None) is None
    assert store.amend("configmaps", "absent", "web", lambda thing: None) is None
    assert store.version == version


def test_pods_are_found_by_node_also_after_they_moved(store: ObjectStore) -> None:
    pod = {"metadata": {"name": "p", "namespace": "web"}, "spec": {}, "status": {}}
    store.put("pods", pod)
    store.put("pods", pod | {"spec": {"nodeName": "node-1"}})
    assert [stored.name for stored in store.collection("pods").on_node("node-1")] == ["p"]

    store.put("pods", pod | {"spec": {"nodeName": "node-2"}})
    assert store.collection("pods").on_node("node-1") == []
    store.delete("pods", "p", "web")
    assert store.collection("pods").on_node("node-2") == []


def test_a_namespace_is_not_its_namesakes_prefix(store: ObjectStore) -> None:
    for namespace in ("web", "web-2", "webs"):
        store.put("configmaps", {"metadata": {"name": "a", "namespace": namespace}})

    assert [stored.namespace for stored in store.all("configmaps", "web")] == ["web"]
