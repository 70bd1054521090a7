"""What is there otherwise than the release says: configuration, images, replicas, strategies. Pure.

Only what says which Cilium runs and how is compared; what controllers add is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.clients.cilium.document import inner, mapping, objects
from bot.clients.cilium.names import CONFIG_MAP
from bot.clients.helm.flat import Difference, differences
from bot.clients.helm.redaction import without_secret
from bot.clients.kubernetes.objects import ConfigMap, DaemonSet, Deployment
from runbooks.release.record import Objects


def config_drift(released: Objects, live: ConfigMap | None) -> tuple[Difference, ...]:
    """Keys of cilium-config that are not as the release has them. Nothing when there is no release
    to compare with."""
    wanted = released.get(("ConfigMap", CONFIG_MAP))
    if wanted is None or live is None:
        return ()
    data = {key: str(value) for key, value in mapping(wanted, "data").items()}
    return tuple(
        Difference(one.path, _safe(one.before), _safe(one.after))
        for one in differences(data, live.data or {})
    )


def workload_drift(
    released: Objects,
    daemonsets: Mapping[str, DaemonSet] | None,
    deployments: Mapping[str, Deployment] | None,
) -> tuple[Difference, ...]:
    """Workloads that are missing, or whose images, strategy or replicas are not the release's."""
    found: list[Difference] = []
    for (kind, name), wanted in sorted(released.items()):
        live: DaemonSet | Deployment | None
        if kind == "DaemonSet" and daemonsets is not None:
            live = daemonsets.get(name)
        elif kind == "Deployment" and deployments is not None:
            live = deployments.get(name)
        else:
            continue
        what = f"{kind} {name}"
        if live is None:
            found.append(Difference(what, "in the release", None))
        else:
            found += _differing(what, wanted, live)
    return tuple(found)


def _differing(
    what: str, wanted: dict[str, Any], live: DaemonSet | Deployment
) -> Iterator[Difference]:
    for container, image in _images(wanted):
        there = live.image(container)
        if there != image:
            yield Difference(f"{what} image of {container}", image, there or None)
    if isinstance(live, DaemonSet):
        strategy = inner(wanted, "spec", "updateStrategy", "type")
        there = live.spec.update_strategy.type
        if isinstance(strategy, str) and there and there != strategy:
            yield Difference(f"{what} updateStrategy", strategy, there)
        return
    replicas = inner(wanted, "spec", "replicas")
    if isinstance(replicas, int) and live.spec.replicas not in (None, replicas):
        yield Difference(f"{what} replicas", str(replicas), str(live.spec.replicas))


def _images(wanted: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for container in objects(wanted, "spec", "template", "spec", "containers"):
        name, image = container.get("name"), container.get("image")
        if isinstance(name, str) and isinstance(image, str):
            yield name, image


def _safe(text: str | None) -> str | None:
    return None if text is None else without_secret(text)
