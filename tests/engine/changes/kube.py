"""A few objects behind the calls of ``bot.clients.kubernetes.api``, with preconditions and faults.

Only for tests of the change engine; the real wire is tested against the simulator.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.model.errors import ClientError, Conflict, NotFound, Unreachable

Object = dict[str, Any]


@dataclass(frozen=True)
class Mutation:
    """One call that took effect, dry runs aside."""

    verb: str
    path: str
    uid: str


@dataclass
class FakeApi:
    """Objects by path. ``fault`` is called before and after each write: it may raise."""

    objects: dict[str, Object] = field(default_factory=dict)
    ledger: list[Mutation] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda verb, path: None
    after: Callable[[str, str], None] = lambda verb, path: None
    down: bool = False
    _counter: Any = field(default_factory=lambda: itertools.count(1))

    def put(self, path: str, **spec: Any) -> Object:
        """An object that is simply there."""
        number = next(self._counter)
        metadata = {"uid": f"uid-{number}", "resourceVersion": str(number), "annotations": {}}
        made = {"metadata": metadata, "spec": spec}
        self.objects[path] = made
        return made

    @property
    def effects(self) -> list[Mutation]:
        """What happened to anything but the lock."""
        return [one for one in self.ledger if "/leases" not in one.path]

    async def get(self, path: str, query: object = None, **_: object) -> bytes:
        self._up()
        if path not in self.objects:
            raise NotFound(f"There is no {path}.")
        return msgspec.json.encode(self.objects[path])

    async def create(self, path: str, body: Object, *, dry_run: bool = False) -> bytes:
        whole = f"{path}/{body['metadata']['name']}"
        self._begin("create", whole, dry_run)
        if whole in self.objects:
            raise Conflict(f"{whole} exists.")
        if dry_run:
            return msgspec.json.encode(body)
        made = self.put(whole)
        self._merge(made, copy.deepcopy(body))
        return self._end("create", whole, made)

    async def patch(
        self, path: str, changes: Object, *, resource_version: str, dry_run: bool = False
    ) -> bytes:
        self._begin("patch", path, dry_run)
        known = self._known(path)
        if known["metadata"]["resourceVersion"] != resource_version:
            raise Conflict(f"{path} has changed.")
        if dry_run:
            return msgspec.json.encode(known)
        self._merge(known, copy.deepcopy(changes))
        known["metadata"]["resourceVersion"] = str(next(self._counter))
        return self._end("patch", path, known)

    async def delete(self, path: str, *, uid: str, dry_run: bool = False) -> bytes:
        self._begin("delete", path, dry_run)
        known = self._known(path)
        if known["metadata"]["uid"] != uid:
            raise Conflict(f"{path} is another object by now.")
        if dry_run:
            return msgspec.json.encode(known)
        del self.objects[path]
        return self._end("delete", path, known)

    def _begin(self, verb: str, path: str, dry_run: bool) -> None:
        self._up()
        if not dry_run and "/leases" not in path:
            self.before(verb, path)

    def _end(self, verb: str, path: str, thing: Object) -> bytes:
        self.ledger.append(Mutation(verb, path, thing["metadata"]["uid"]))
        if "/leases" not in path:
            self.after(verb, path)
        return msgspec.json.encode(thing)

    def _up(self) -> None:
        if self.down:
            raise Unreachable("The API server is away.")

    def _known(self, path: str) -> Object:
        if path not in self.objects:
            raise NotFound(f"There is no {path}.")
        return self.objects[path]

    def _merge(self, into: Object, changes: Object) -> None:
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                self._merge(into[key], value)
            elif value is None:
                into.pop(key, None)
            else:
                into[key] = value


class FakeReads:
    """Node names are all that the engine itself asks for."""

    def __init__(self, nodes: int = 6) -> None:
        self.nodes = nodes

    async def node_names(self) -> list[str]:
        return [f"node-{number}" for number in range(1, self.nodes + 1)]


class FakeCluster:
    """What the engine needs of ``bot.clients.cluster.Cluster``."""

    def __init__(self, name: str = "prod", nodes: int = 6) -> None:
        self.name = name
        self.namespace = "kube-system"
        self.api = FakeApi()
        self.reads = FakeReads(nodes)

    async def close(self) -> None:
        """Nothing is open."""


def lost(times: int = 1, error: type[ClientError] = Unreachable) -> Callable[[str, str], None]:
    """The next calls take effect, and their answers are lost."""
    left = itertools.count()

    def fault(verb: str, path: str) -> None:
        if next(left) < times:
            raise error(f"The answer to {verb} {path} was lost.")

    return fault
