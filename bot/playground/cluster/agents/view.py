"""What one agent knows: its machine, its pod, its endpoints, its version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.playground.cluster.chart.release import Release
from bot.playground.cluster.clock import parse_time
from bot.playground.cluster.controllers.endpoints import broken_on, endpoint_id, workloads_on
from bot.playground.cluster.machines import Machine
from bot.playground.cluster.names import labels_of, stable_hex
from bot.playground.cluster.podlife import started_at
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import SYSTEM, World

JsonObject = dict[str, Any]
API_SERVER = "10.96.0.1:443"
SYNC_INTERVAL = 30.0


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of the node. ``pod`` is empty for the host's and the health endpoint."""

    id: int
    identity: int
    labels: tuple[str, ...]
    address: str = ""
    pod: str = ""
    broken: bool = False

    @property
    def state(self) -> str:
        """As ``cilium-dbg endpoint list`` names it."""
        return "not-ready" if self.broken else "ready"


@dataclass(frozen=True)
class AgentView:
    """One agent at one moment."""

    world: World
    machine: Machine
    pod: Stored

    @cached_property
    def release(self) -> Release:
        """The version this pod runs, by its image tag."""
        image: str = self.pod.object["spec"]["containers"][0]["image"]
        return replace(self.world.release, version=image.rpartition(":v")[2])

    @property
    def full_version(self) -> str:
        """``1.18.6 (v1.18.6-3f1c2d4e)``"""
        return f"{self.release.version} ({self.release.tag}-{self.revision})"

    @property
    def revision(self) -> str:
        """The commit its binary was built from."""
        return stable_hex(self.release.version, 8)

    @property
    def name(self) -> str:
        """``<cluster>/<node>``"""
        return f"{self.release.cluster_name}/{self.machine.name}"

    @cached_property
    def started(self) -> datetime:
        """When the agent's process began."""
        since = started_at(self.pod.object) or self.pod.object["metadata"]["creationTimestamp"]
        return parse_time(since)

    @cached_property
    def uptime(self) -> float:
        """Seconds since then, on the simulated cluster's scale."""
        now = self.world.clock.now()
        return max(0.0, (now - self.started).total_seconds()) * self.world.clock.scale

    @cached_property
    def config(self) -> dict[str, str]:
        """cilium-config as it stands in the API."""
        stored = self.world.store.find("configmaps", "cilium-config", SYSTEM)
        data: dict[str, str] = (stored.object.get("data") or {}) if stored else {}
        return data

    @property
    def config_at_start(self) -> dict[str, str]:
        """cilium-config as the pod's init container read it: a later change is not seen."""
        return dict(self.world.configs_read.get(self.pod.uid, self.config))

    @cached_property
    def workloads(self) -> list[Endpoint]:
        """The endpoints of pods, in key order."""
        broken = broken_on(self.world, self.machine)
        endpoints = []
        for pod in workloads_on(self.world, self.machine):
            resource = self.world.store.find("ciliumendpoints", pod.name, pod.namespace)
            identity = resource.object["status"]["identity"] if resource else {}
            address = pod.object["status"]["podIP"]
            endpoints.append(
                Endpoint(
                    id=endpoint_id(address),
                    identity=identity.get("id", 5),
                    labels=tuple(identity.get("labels", ("reserved:init",))),
                    address=address,
                    pod=pod.key,
                    broken=pod.key in broken,
                )
            )
        return endpoints

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """All endpoints: host, health, then those of pods."""
        return [
            Endpoint(endpoint_id("0.0.0.0"), 1, ("reserved:host",)),  # noqa: S104 - no address
            Endpoint(
                endpoint_id(self.machine.health), 4, ("reserved:health",), self.machine.health
            ),
            *self.workloads,
        ]

    @property
    def unreachable_api(self) -> str:
        """The complaint of every call to the API server while it cannot be reached."""
        return f"dial tcp {API_SERVER}: i/o timeout"

    def failures(self, interval: float = SYNC_INTERVAL) -> int:
        """How often something with this interval has failed since the trouble began."""
        since = self.machine.troubled_since
        if since is None:
            return 1
        elapsed = (self.world.clock.now() - since).total_seconds() * self.world.clock.scale
        return 1 + int(max(0.0, elapsed) / interval)


def view_of(world: World, pod: Stored) -> AgentView | None:
    """The agent in a pod, or None when the pod is not an agent's."""
    machine = world.machine_of(pod.object)
    if machine is None or labels_of(pod.object).get("k8s-app") != "cilium":
        return None
    return AgentView(world, machine, pod)
