"""Discovery: versions, groups and resources, in the classic form every client understands."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.errors import PageNotFound
from bot.playground.cluster.kinds import ALL_VERBS, GROUP_VERSIONS, SERVED, Kind

JsonObject = dict[str, Any]

VERSION: JsonObject = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "98b35193b2ac7a23a673325f5e9b830ecd5ba406",
    "gitTreeState": "clean",
    "buildDate": "2026-07-22T00:00:00Z",
    "goVersion": "go1.27.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}

# Kinds that are only ever created: nothing is stored.
_REVIEWS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("authentication.k8s.io", "v1"): (
        ("selfsubjectreviews", "SelfSubjectReview"),
        ("tokenreviews", "TokenReview"),
    ),
    ("authorization.k8s.io", "v1"): (
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ),
}
_SUBRESOURCES = {
    "eviction": ("Eviction", ["create"]),
    "exec": ("PodExecOptions", ["create", "get"]),
    "log": ("Pod", ["get"]),
    "proxy": ("PodProxyOptions", ["get"]),
    "status": ("", ["get", "patch", "update"]),
}


def answer(path: str) -> JsonObject:
    """The document at a discovery path; ``PageNotFound`` when it is none."""
    parts = path.strip("/").split("/")
    match parts:
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            names = dict.fromkeys(group for group, _ in GROUP_VERSIONS if group)
            groups = [_group(name) for name in names]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        case ["apis", group]:
            return {"kind": "APIGroup", "apiVersion": "v1"} | _group(group)
        case ["api", version]:
            return _resources("", version)
        case ["apis", group, version]:
            return _resources(group, version)
        case _:
            raise PageNotFound


def _group(name: str) -> JsonObject:
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version}
        for group, version in GROUP_VERSIONS
        if group == name
    ]
    if not versions:
        raise PageNotFound
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(group: str, version: str) -> JsonObject:
    if (group, version) not in GROUP_VERSIONS:
        raise PageNotFound
    resources = [
        entry
        for kind in SERVED
        if (kind.group, kind.version) == (group, version)
        for entry in _entries(kind)
    ]
    resources += [
        {
            "name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind,
            "verbs": ["create"],
        }
        for plural, kind in _REVIEWS.get((group, version), ())
    ]  # fmt: skip
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }


def _entries(kind: Kind) -> list[JsonObject]:
    entries: list[JsonObject] = [
        {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": list(ALL_VERBS),
            "shortNames": list(kind.short),
        }
    ]
    for subresource in kind.subresources:
        shown, verbs = _SUBRESOURCES[subresource]
        entry: JsonObject = {
            "name": f"{kind.plural}/{subresource}",
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": shown or kind.kind,
            "verbs": verbs,
        }
        if subresource == "eviction":
            entry |= {"group": "policy", "version": "v1"}
        entries.append(entry)
    return entries
