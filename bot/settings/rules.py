"""What must agree between settings: written over plain values, so that it can be told of a file
that has other mistakes too, and of settings built in code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.model.names import parse_duration
from bot.model.nearest import nearest
from bot.settings.problems import Path, dotted, shown


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two settings, each fine, that cannot both hold."""

    path: Path
    what: str
    found: str = ""
    allowed: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.what}"


def contradictions(values: Mapping[str, object]) -> Iterator[Contradiction]:
    """Everything in ``values`` (shaped as ``bot.yaml``) that does not fit together."""
    clusters = _mapping(values.get("clusters"))
    yield from _reached_in_one_way(clusters)
    yield from _bound_to_known_clusters(_mapping(values.get("channels")), clusters)
    yield from _deep_is_longer(_mapping(values.get("limits")))
    yield from _known_at_one_cluster(_mapping(values.get("changes")), clusters)


def _reached_in_one_way(clusters: Mapping[str, object]) -> Iterator[Contradiction]:
    inside: list[str] = []
    for name, value in clusters.items():
        cluster = _mapping(value)
        path: Path = ("clusters", name)
        if not isinstance(value, Mapping):
            continue
        if cluster.get("in_cluster") is True:
            inside.append(name)
            for field in ("kubeconfig", "context"):
                if cluster.get(field) is not None:
                    yield Contradiction((*path, field), "cannot be given with in_cluster: true")
        elif cluster.get("context") is None:
            yield Contradiction(
                path, "how to reach it is missing", allowed="context: NAME, or in_cluster: true"
            )
    for name in inside[1:]:
        yield Contradiction(
            ("clusters", name, "in_cluster"),
            f"only one cluster can be the bot's own, and {shown(inside[0])} is already",
        )


def _bound_to_known_clusters(
    channels: Mapping[str, object], clusters: Mapping[str, object]
) -> Iterator[Contradiction]:
    for channel, cluster in channels.items():
        if isinstance(cluster, str) and cluster not in clusters:
            yield _no_such_cluster(("channels", channel), cluster, clusters)


def _no_such_cluster(path: Path, name: str, clusters: Mapping[str, object]) -> Contradiction:
    return Contradiction(
        path,
        "no such cluster",
        found=shown(name),
        allowed=shown(", ".join(sorted(clusters))),
        nearest=" or ".join(nearest(name, clusters, most=1)),
    )


def _known_at_one_cluster(
    changes: Mapping[str, object], clusters: Mapping[str, object]
) -> Iterator[Contradiction]:
    """Who somebody at a terminal is says one cluster: any other could name itself their admin."""
    cluster = changes.get("identity_cluster")
    if isinstance(cluster, str) and cluster not in clusters:
        yield _no_such_cluster(("changes", "identity_cluster"), cluster, clusters)
    if cluster is None and changes.get("people") and len(clusters) > 1:
        yield Contradiction(
            ("changes", "people"),
            "which cluster knows these people is missing",
            allowed=f"changes.identity_cluster: one of {shown(', '.join(sorted(clusters)))}",
        )


def _deep_is_longer(limits: Mapping[str, object]) -> Iterator[Contradiction]:
    deadline, deep = _seconds(limits.get("deadline")), _seconds(limits.get("deep_deadline"))
    if deadline and deep and deep < deadline:
        yield Contradiction(
            ("limits", "deep_deadline"), "shorter than limits.deadline, though --deep asks more"
        )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        return parse_duration(value)
    return value if isinstance(value, float) else None
