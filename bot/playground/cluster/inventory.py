"""The cluster's first day: what stands in it before anybody looks.

The past is lived, not written down: the same controllers that run later create and start the
pods, only at earlier dates.
"""

from __future__ import annotations

from typing import Any

from bot.playground.helm.past import past

from .chart import agent, configuration, deployments
from .clock import rfc3339
from .controllers import nodes, operator
from .controllers.loop import ControlLoop
from .ownership import changed_fields, owned_part, sign
from .world import SYSTEM, World

JsonObject = dict[str, Any]
DAY = 86_400.0

# How long ago things happened, in seconds.
CREATED = 34 * DAY
UPGRADED = 20 * DAY
CONFIG_CHANGED = 9 * DAY + 600
AGENTS_STARTED = 9 * DAY

# Namespace, name and image of the applications; a share of the pods goes to each.
APPLICATIONS = (
    ("checkout", "cart", "ghcr.io/example/cart:2.14.0"),
    ("checkout", "checkout-api", "ghcr.io/example/checkout-api:5.3.1"),
    ("payments", "ledger", "ghcr.io/example/ledger:1.9.4"),
    ("payments", "payments-api", "ghcr.io/example/payments-api:3.0.2"),
    ("web", "frontend", "ghcr.io/example/frontend:8.1.0"),
    ("web", "search", "ghcr.io/example/search:0.27.3"),
)


def populate(world: World, loop: ControlLoop, workload_pods_per_node: int) -> None:
    """Create machines' nodes, Cilium and the applications, all up and running."""
    with world.clock.back(CREATED):
        created = rfc3339(world.clock.now())
        for namespace in ("default", "kube-public", SYSTEM, *_application_namespaces()):
            world.store.create("namespaces", _namespace(namespace))
        for machine in world.fleet:
            world.store.create("nodes", nodes.node(machine, world.clock))
            world.store.create("ciliumnodes", nodes.cilium_node(machine))
        for definition in configuration.definitions(world.release, created):
            world.store.create("customresourcedefinitions", definition)
        for service in configuration.services(created):
            world.store.create("services", service)
        changed = rfc3339(world.clock.now())
    with world.clock.back(CONFIG_CHANGED):
        changed = rfc3339(world.clock.now())
        config = configuration.config_map(world.release, created, changed)
        world.store.create("configmaps", config)
    with world.clock.back(AGENTS_STARTED):
        _install_cilium(world, loop, created)
        loop.live()
        operator.renew(world)
        _install_applications(world, loop, created, workload_pods_per_node)
        loop.live()
    operator.renew(world)
    _record_release(world)
    world.store.compact()


def _record_release(world: World) -> None:
    """Helm's records of what stands there, and its name on the fields that the chart sets."""
    times = {}
    for what, ago in (("installed", CREATED), ("upgraded", UPGRADED), ("changed", CONFIG_CHANGED)):
        with world.clock.back(ago):
            times[what] = world.clock.stamp()
    own: JsonObject = {}
    if not world.release.agent_metrics:
        own["prometheus"] = {"enabled": False}
    if len(world.fleet) == 1:
        strategy = {"rollingUpdate": {"maxUnavailable": "100%"}}
        own["operator"] = {"replicas": 1, "updateStrategy": strategy}
    records = past(world.release.version, own, times)
    for record in records:
        world.store.create("secrets", record.secret())
    if not records:
        return
    for plural, name in (("daemonsets", "cilium"), ("deployments", "cilium-operator"),
                         ("deployments", "hubble-relay")):  # fmt: skip
        thing = world.store.get(plural, name, SYSTEM)
        annotations = thing["metadata"].setdefault("annotations", {})
        annotations |= {
            "meta.helm.sh/release-name": "cilium", "meta.helm.sh/release-namespace": SYSTEM
        }  # fmt: skip
        labels = {**thing["metadata"]["labels"], "app.kubernetes.io/managed-by": "Helm"}
        thing["metadata"]["labels"] = labels
        owned = owned_part(thing) | {"metadata": {"labels": labels}}
        signed = sign(
            thing, changed_fields({}, owned), manager="helm", operation="Apply",
            api_version="apps/v1", at=times["changed"],
        )  # fmt: skip
        world.store.put(plural, signed)


def _application_namespaces() -> list[str]:
    return list(dict.fromkeys(namespace for namespace, _, _ in APPLICATIONS))


def _namespace(name: str) -> JsonObject:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _install_cilium(world: World, loop: ControlLoop, created: str) -> None:
    release = world.release
    daemonsets = [agent.daemonset("cilium", agent.agent_template(release), created)]
    if release.minor >= 16:
        daemonsets.append(agent.daemonset("cilium-envoy", agent.envoy_template(), created))
    for daemonset in daemonsets:
        world.store.create("daemonsets", daemonset)
        loop.enqueue("daemonsets", SYSTEM, daemonset["metadata"]["name"])
    replicas = min(2, len(world.fleet))
    for deployment in (
        deployments.operator(release, replicas, created),
        deployments.relay(release, created),
        deployments.coredns(created),
    ):
        _install(world, loop, deployment)


def _install_applications(
    world: World, loop: ControlLoop, created: str, pods_per_node: int
) -> None:
    total = pods_per_node * len(world.fleet)
    share, rest = divmod(total, len(APPLICATIONS))
    for index, (namespace, name, image) in enumerate(APPLICATIONS):
        replicas = share + (index < rest)
        _install(world, loop, deployments.workload(name, namespace, image, replicas, created))


def _install(world: World, loop: ControlLoop, deployment: JsonObject) -> None:
    world.store.create("deployments", deployment)
    metadata = deployment["metadata"]
    loop.enqueue("deployments", metadata["namespace"], metadata["name"])
