"""Objects, their versions and their history: the simulator's etcd.

An object never changes in place: every write puts a new one with a new resourceVersion, so its
encoded bytes can be kept, and a list is a join of bytes. What came before is kept for a while as
history; watches replay it, paged lists are reconstructed from it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from .clock import Clock
from .kinds import BY_PLURAL, KINDS, Kind
from .names import new_uid

JsonObject = dict[str, Any]
HISTORY_LENGTH = 20_000


class Stored:
    """One version of one object, with its encoded bytes once somebody asked for them."""

    __slots__ = ("_bytes", "key", "kind", "object", "version")

    def __init__(self, kind: Kind, key: str, thing: JsonObject, version: int) -> None:
        self.kind = kind
        self.key = key
        self.object = thing
        self.version = version
        self._bytes: bytes | None = None

    def _encoded(self) -> bytes:
        if self._bytes is None:
            self._bytes = msgspec.json.encode(self.object)
        return self._bytes

    def whole(self) -> bytes:
        """The object with apiVersion and kind, as a get answers."""
        head = f'{{"kind":"{self.kind.kind}","apiVersion":"{self.kind.api_version}",'
        return head.encode() + self._encoded()[1:]

    def item(self) -> bytes:
        """The object as a list holds it: built-in kinds leave apiVersion and kind out."""
        return self.whole() if self.kind.custom else self._encoded()

    def copy(self) -> JsonObject:
        """A private copy, without apiVersion and kind."""
        copied: JsonObject = msgspec.json.decode(self._encoded())
        return copied

    @property
    def name(self) -> str:
        """metadata.name"""
        return str(self.object["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """metadata.namespace, empty for cluster-scoped objects."""
        return str(self.object["metadata"].get("namespace", ""))

    @property
    def uid(self) -> str:
        """metadata.uid"""
        return str(self.object["metadata"]["uid"])

    @property
    def resource_version(self) -> str:
        """metadata.resourceVersion"""
        return str(self.object["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Change:
    """One write: created (no ``old``), updated (both) or deleted (no ``new``).

    ``last`` is what a DELETED event shows: the old object with the deletion's version.
    """

    kind: Kind
    version: int
    old: Stored | None
    new: Stored | None

    @property
    def last(self) -> Stored:
        """The object that the change leaves behind, or took away."""
        if self.new is not None:
            return self.new
        if self.old is None:
            raise ValueError("a change of nothing into nothing")
        return with_version(self.old, self.version)


def with_version(stored: Stored, version: int) -> Stored:
    """The same object bearing another resourceVersion."""
    metadata = {**stored.object["metadata"], "resourceVersion": str(version)}
    return Stored(stored.kind, stored.key, {**stored.object, "metadata": metadata}, version)


def controller_uid(thing: JsonObject) -> str | None:
    """The UID of the controlling owner, if the object has one."""
    for owner in thing["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner["uid"])
    return None


class Collection:
    """All objects of one kind, in key order, with their recent history."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.objects: dict[str, Stored] = {}
        self.history: deque[Change] = deque()
        self.compacted = 0
        self._order: list[str] | None = []
        self._by_node: dict[str, dict[str, Stored]] = {}
        self._by_owner: dict[str, dict[str, Stored]] = {}

    def apply(self, change: Change) -> None:
        """Carry out one change on the objects, the indexes and the history."""
        if change.old is not None:
            self._unindex(change.old)
        if change.new is not None:
            self._index(change.new)
            if change.new.key not in self.objects:
                self._order = None
            self.objects[change.new.key] = change.new
        elif change.old is not None:
            del self.objects[change.old.key]
            self._order = None
        self.history.append(change)
        if len(self.history) > HISTORY_LENGTH:
            self.compacted = self.history.popleft().version

    def forget_history(self, version: int) -> None:
        """Compact: nothing up to this version can be watched or paged any more."""
        self.history.clear()
        self.compacted = version

    def in_order(self, namespace: str | None = None) -> Iterator[Stored]:
        """Objects in key order, of one namespace or all."""
        keys = self._keys()
        if namespace:
            start, end = bisect_left(keys, f"{namespace}/"), bisect_left(keys, f"{namespace}0")
            keys = keys[start:end]
        return map(self.objects.__getitem__, keys)

    def on_node(self, node: str) -> list[Stored]:
        """Pods bound to a node, in key order."""
        return [stored for _, stored in sorted(self._by_node.get(node, {}).items())]

    def owned_by(self, uid: str) -> list[Stored]:
        """Objects whose controlling owner has this UID."""
        return list(self._by_owner.get(uid, {}).values())

    def as_of(self, version: int, namespace: str | None = None) -> Iterator[Stored]:
        """The objects as they were at an earlier version, by undoing what came after it."""
        earlier: dict[str, Stored | None] = {}
        for change in reversed(self.history):
            if change.version <= version:
                break
            earlier[change.last.key] = change.old
        if not earlier:
            yield from self.in_order(namespace)
            return
        past = self.objects | {key: old for key, old in earlier.items() if old is not None}
        gone = {key for key, old in earlier.items() if old is None}
        prefix = f"{namespace}/" if namespace else ""
        for key in sorted(past.keys() - gone):
            if key.startswith(prefix):
                yield past[key]

    def since(self, version: int) -> Iterable[Change]:
        """Changes after a version, oldest first."""
        changes = []
        for change in reversed(self.history):
            if change.version <= version:
                break
            changes.append(change)
        return reversed(changes)

    def _keys(self) -> list[str]:
        if self._order is None:
            self._order = sorted(self.objects)
        return self._order

    def _index(self, stored: Stored) -> None:
        if node := _node_of(stored):
            self._by_node.setdefault(node, {})[stored.key] = stored
        if owner := controller_uid(stored.object):
            self._by_owner.setdefault(owner, {})[stored.key] = stored

    def _unindex(self, stored: Stored) -> None:
        if node := _node_of(stored):
            self._by_node.get(node, {}).pop(stored.key, None)
        if owner := controller_uid(stored.object):
            self._by_owner.get(owner, {}).pop(stored.key, None)


def _node_of(stored: Stored) -> str:
    if stored.kind.plural != "pods":
        return ""
    return str(stored.object["spec"].get("nodeName") or "")


Listener = Callable[[Change], None]


class ObjectStore:
    """Every object of the cluster. Resources are named by their plural, ``"pods"``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._collections = {kind.plural: Collection(kind) for kind in KINDS}
        self._listeners: list[Listener] = []
        self.version = 100

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call back on every change, at once and in order; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def collection(self, plural: str) -> Collection:
        """All objects of one kind."""
        return self._collections[plural]

    def compact(self) -> None:
        """Forget all history: older resourceVersions answer 410 from now on."""
        for collection in self._collections.values():
            collection.forget_history(self.version)

    # Reading

    def find(self, plural: str, name: str, namespace: str = "") -> Stored | None:
        """One object, or None. What it holds is shared: never change it."""
        return self.collection(plural).objects.get(f"{namespace}/{name}" if namespace else name)

    def get(self, plural: str, name: str, namespace: str = "") -> JsonObject:
        """A private copy with apiVersion and kind; ``KeyError`` when it does not exist."""
        stored = self.find(plural, name, namespace)
        if stored is None:
            raise KeyError(f"{plural} {namespace}/{name}".replace(" /", " "))
        return {"kind": stored.kind.kind, "apiVersion": stored.kind.api_version} | stored.copy()

    def all(self, plural: str, namespace: str | None = None) -> list[Stored]:
        """All objects of a kind, of one namespace or of all, in key order."""
        return list(self.collection(plural).in_order(namespace))

    # Writing

    def put(self, plural: str, thing: JsonObject) -> JsonObject:
        """Create or replace an object as it stands, however odd; returns it as stored."""
        metadata = thing["metadata"]
        if self.find(plural, metadata["name"], metadata.get("namespace", "")) is None:
            return self.create(plural, thing).object
        return self.replace(plural, thing).object

    def create(self, plural: str, thing: JsonObject) -> Stored:
        """Store a new object; uid and creationTimestamp are filled in where absent."""
        kind = BY_PLURAL[plural]
        given = thing["metadata"]
        metadata = {
            **given,
            "uid": given.get("uid") or new_uid(),
            "resourceVersion": str(self.version + 1),
            "creationTimestamp": given.get("creationTimestamp") or self._clock.stamp(),
        }
        return self._write(kind, None, {**thing, "metadata": metadata})

    def replace(self, plural: str, thing: JsonObject) -> Stored:
        """Store a new version of an existing object; uid and creation time stay."""
        given = thing["metadata"]
        old = self.find(plural, given["name"], given.get("namespace", ""))
        if old is None:
            raise KeyError(f"{plural} {given['name']}")
        metadata = {
            **given,
            "uid": old.uid,
            "resourceVersion": str(self.version + 1),
            "creationTimestamp": old.object["metadata"]["creationTimestamp"],
        }
        return self._write(old.kind, old, {**thing, "metadata": metadata})

    def amend(
        self, plural: str, name: str, namespace: str, change: Callable[[JsonObject], None]
    ) -> Stored | None:
        """Change a copy of an object and store it; None (and no write) when nothing differs."""
        stored = self.find(plural, name, namespace)
        if stored is None:
            return None
        copied = stored.copy()
        change(copied)
        return None if copied == stored.object else self.replace(plural, copied)

    def delete(self, plural: str, name: str, namespace: str = "") -> Stored:
        """Take an object away at once; ``KeyError`` when it does not exist."""
        old = self.find(plural, name, namespace)
        if old is None:
            raise KeyError(f"{plural} {name}")
        return self._commit(Change(old.kind, self.version + 1, old, None)).last

    def _write(self, kind: Kind, old: Stored | None, thing: JsonObject) -> Stored:
        thing = {key: value for key, value in thing.items() if key not in ("kind", "apiVersion")}
        metadata = thing["metadata"]
        namespace = metadata.get("namespace")
        key = f"{namespace}/{metadata['name']}" if namespace else metadata["name"]
        version = self.version + 1
        return self._commit(Change(kind, version, old, Stored(kind, key, thing, version))).last

    def _commit(self, change: Change) -> Change:
        self.version = change.version
        self._collections[change.kind.plural].apply(change)
        for listener in tuple(self._listeners):
            listener(change)
        return change
