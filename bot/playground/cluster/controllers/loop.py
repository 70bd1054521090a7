"""The control loop: changes of objects become work, work is done one item at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from bot.playground.cluster.names import labels_of
from bot.playground.cluster.store import Change, controller_uid
from bot.playground.cluster.world import World

from . import daemonsets, deployments, endpoints, nodes, operator, scheduler
from .kubelet import Kubelet

JsonObject = dict[str, Any]


class Item(NamedTuple):
    """One thing to look at: a controller's name and an object's key."""

    controller: str
    namespace: str
    name: str


# After so much uninterrupted work the loop lets requests in.
SLICE = 25


class ControlLoop:
    """Runs every controller of one cluster."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kubelet = Kubelet(world, self._later)
        self.endpoints = endpoints.Endpoints(world)
        self.scheduler = scheduler.Scheduler(world)
        self._queue: dict[Item, None] = {}
        self._awaited: set[asyncio.TimerHandle] = set()
        self._background: dict[Item, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stop_listening: Callable[[], None] = lambda: None
        self._reconcile: dict[str, Callable[[str, str], None]] = {
            "daemonsets": lambda namespace, name: daemonsets.reconcile(world, namespace, name),
            "deployments": lambda namespace, name: deployments.reconcile(world, namespace, name),
            "replicasets": lambda namespace, name: deployments.scale(world, namespace, name),
            "nodes": lambda _, name: nodes.reconcile(world, name),
            "schedule": self.scheduler.bind,
            "kubelet": self.kubelet.sync,
            "endpoints": self.endpoints.reconcile,
        }

    def start(self) -> None:
        """Begin to follow changes."""
        self._stop_listening = self.world.store.listen(self.noticed)
        self._tasks = [
            asyncio.create_task(self._run(), name="controllers"),
            asyncio.create_task(operator.keep_lease(self.world), name="operator lease"),
        ]

    async def stop(self) -> None:
        """Stop following changes; nothing runs afterwards."""
        self._stop_listening()
        for handle in (*self._awaited, *self._background.values()):
            handle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until nothing is queued and no start or stop of a pod is under way.

        Crash back-offs and probes that will fail some day are not waited for.
        """
        while self._queue or self._awaited:
            self._idle.clear()
            await self._idle.wait()

    def live(self) -> None:
        """Work everything off at once, without timers: how the past is told."""
        self.kubelet.at_once = True
        stop_listening = self.world.store.listen(self.noticed)
        while self._queue:
            self._work_off(len(self._queue))
        stop_listening()
        self.kubelet.at_once = False

    def enqueue(self, controller: str, namespace: str, name: str) -> None:
        """Ask for an object to be looked at."""
        self._queue[Item(controller, namespace, name)] = None
        self._wake.set()

    def reconsider(self, node: str) -> None:
        """Look again at a node and everything on it: a cause has changed there."""
        self.enqueue("nodes", "", node)
        for pod in self.world.store.collection("pods").on_node(node):
            self.enqueue("kubelet", pod.namespace, pod.name)
            self.enqueue("endpoints", pod.namespace, pod.name)

    def noticed(self, change: Change) -> None:
        """Turn one change into work."""
        thing = change.last
        plural, namespace, name = change.kind.plural, thing.namespace, thing.name
        if plural == "pods":
            self._pod_noticed(change)
        elif plural in ("daemonsets", "deployments", "replicasets"):
            self.enqueue(plural, namespace, name)
            self._owner_noticed(thing.object, namespace)
            if change.new is None:
                self._collect_orphans(thing.uid)
        elif plural == "nodes":
            self.enqueue("nodes", "", name)
            if change.old is None or change.new is None:
                for daemonset in self.world.store.all("daemonsets"):
                    self.enqueue("daemonsets", daemonset.namespace, daemonset.name)

    def _pod_noticed(self, change: Change) -> None:
        pod = change.last
        self._owner_noticed(pod.object, pod.namespace)
        self.enqueue("endpoints", pod.namespace, pod.name)
        if change.new is None:
            self.kubelet.cleaned_up(pod)
        elif pod.object["spec"].get("nodeName"):
            self.enqueue("kubelet", pod.namespace, pod.name)
        else:
            self.enqueue("schedule", pod.namespace, pod.name)
        if labels_of(pod.object).get("k8s-app") == "cilium":
            self.world.fleet.changed()

    def _owner_noticed(self, thing: JsonObject, namespace: str) -> None:
        for owner in thing["metadata"].get("ownerReferences") or ():
            plural = f"{owner['kind'].lower()}s"
            if owner.get("controller") and plural in self._reconcile:
                self.enqueue(plural, namespace, owner["name"])

    def _collect_orphans(self, uid: str) -> None:
        store = self.world.store
        for plural in ("replicasets", "controllerrevisions", "pods"):
            for child in store.all(plural):
                if controller_uid(child.object) != uid:
                    continue
                if plural == "pods":
                    self.world.delete_pod(child)
                else:
                    store.delete(plural, child.name, child.namespace)

    def _later(
        self, seconds: float, controller: str, namespace: str, name: str, *, awaited: bool
    ) -> None:
        """Look at an object after a while; ``awaited`` work holds ``settle`` back."""
        item = Item(controller, namespace, name)
        loop = asyncio.get_running_loop()
        delay = self.world.clock.scaled(seconds)
        if not awaited:
            if previous := self._background.pop(item, None):
                previous.cancel()
            self._background[item] = loop.call_later(delay, self._due, item)
            return

        def due() -> None:
            self._awaited.discard(handle)
            self.enqueue(*item)

        handle = loop.call_later(delay, due)
        self._awaited.add(handle)

    def _due(self, item: Item) -> None:
        self._background.pop(item, None)
        self.enqueue(*item)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._work_off(SLICE)
            if not self._queue:
                self._wake.clear()
                self._idle.set()
            await asyncio.sleep(0)

    def _work_off(self, count: int) -> None:
        for item in tuple(islice(self._queue, count)):
            del self._queue[item]
            self._reconcile[item.controller](item.namespace, item.name)
