"""OpenAPI v3, as far as clients ask before they write: which verbs check unknown fields.

Helm 4 and kubectl look here whether a PATCH takes ``fieldValidation``; where it does they leave
validation to the server. There are no schemas. Source: kubectl's ``QueryParamVerifierV3`` (1.35).
"""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.errors import PageNotFound
from bot.playground.cluster.kinds import GROUP_VERSIONS, KINDS, Kind

JsonObject = dict[str, Any]
ROOT = "/openapi/v3"
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def answer(path: str) -> JsonObject:
    """The document at ``path``; ``PageNotFound`` when it is none."""
    rest = path.removeprefix(ROOT).strip("/")
    if not rest:
        places = {_place(group, version) for group, version in GROUP_VERSIONS}
        return {
            "paths": {
                place: {"serverRelativeURL": f"{ROOT}/{place}?hash=0"} for place in sorted(places)
            }
        }
    for group, version in GROUP_VERSIONS:
        if _place(group, version) == rest:
            return _document(group, version)
    raise PageNotFound


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _document(group: str, version: str) -> JsonObject:
    kinds = [kind for kind in KINDS if (kind.group, kind.version) == (group, version)]
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": {_path(kind): _operations(kind) for kind in kinds},
        "components": {"schemas": {}},
    }


def _path(kind: Kind) -> str:
    namespace = "/namespaces/{namespace}" if kind.namespaced else ""
    return f"/{_place(kind.group, kind.version)}{namespace}/{kind.plural}/{{name}}"


def _operations(kind: Kind) -> JsonObject:
    meant = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        verb: {
            "x-kubernetes-action": verb,
            "x-kubernetes-group-version-kind": meant,
            "parameters": _PARAMETERS,
            "responses": {"200": {"description": "OK"}},
        }
        for verb in ("get", "put", "patch", "delete")
    }
