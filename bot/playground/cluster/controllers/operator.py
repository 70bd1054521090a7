"""cilium-operator: holds its Lease while at least one of its pods is ready."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.clock import rfc3339_micro
from bot.playground.cluster.names import labels_of, stable_hash
from bot.playground.cluster.podlife import is_ready
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import SYSTEM, World

JsonObject = dict[str, Any]
LEASE = "cilium-operator-resource-lock"
LEASE_SECONDS = 15
RENEW_EVERY = 5.0


async def keep_lease(world: World) -> None:
    """Renew the Lease every few seconds; while no operator runs it grows stale."""
    while True:
        renew(world)
        await world.clock.sleep(RENEW_EVERY)


def renew(world: World) -> None:
    """Renew the Lease once, or take it over when its holder's pod is gone."""
    candidates = [identity(pod) for pod in _ready_operators(world)]
    if not candidates:
        return
    now = rfc3339_micro(world.clock.now())
    if world.store.find("leases", LEASE, SYSTEM) is None:
        world.store.create(
            "leases",
            {
                "metadata": {"name": LEASE, "namespace": SYSTEM},
                "spec": {
                    "holderIdentity": candidates[0],
                    "leaseDurationSeconds": LEASE_SECONDS,
                    "acquireTime": now,
                    "renewTime": now,
                    "leaseTransitions": 0,
                },
            },
        )
        return

    def change(lease: JsonObject) -> None:
        spec = lease["spec"]
        spec["renewTime"] = now
        if spec.get("holderIdentity") not in candidates:
            spec["holderIdentity"] = candidates[0]
            spec["acquireTime"] = now
            spec["leaseTransitions"] = spec.get("leaseTransitions", 0) + 1

    world.store.amend("leases", LEASE, SYSTEM, change)


def identity(pod: Stored) -> str:
    """How an operator signs the Lease: its node's name and a random end."""
    return f"{pod.object['spec']['nodeName']}-{stable_hash(pod.uid)}"


def _ready_operators(world: World) -> list[Stored]:
    return [
        pod
        for pod in world.store.all("pods", SYSTEM)
        if labels_of(pod.object).get("io.cilium/app") == "operator" and is_ready(pod.object)
    ]
