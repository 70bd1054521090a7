"""Patches: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch.

Strategic merge is carried out for the lists that matter here, merged by the key their Go types
declare: containers, initContainers, env, volumes, ports, conditions, tolerations are atomic,
ownerReferences. ``$patch: replace|delete`` and ``$retainKeys`` (ignored) are understood;
``$setElementOrder`` and ``$deleteFromPrimitiveList`` are honoured as far as kubectl needs them.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from .errors import BadRequest, Invalid

# Field name -> merge key (k8s.io/api patchMergeKey tags). Lists not named here are replaced.
MERGE_KEYS = {
    "conditions": "type",
    "containers": "name",
    "containerStatuses": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "addresses": "type",
}
PRIMITIVE_SETS = {"finalizers", "podCIDRs"}


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def strategic_merge(target: Any, patch: Any) -> Any:
    """Like ``merge``, but keyed lists are merged element by element."""
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [item for item in result.get(name, []) if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, list):
            result[key] = _merge_list(key, result.get(key) or [], value)
        else:
            result[key] = strategic_merge(result.get(key), value)
    return result


def _merge_list(name: str, target: list[Any], patch: list[Any]) -> list[Any]:
    if name in PRIMITIVE_SETS:
        return target + [item for item in patch if item not in target]
    key = MERGE_KEYS.get(name)
    if key is None:
        return patch
    merged = {item.get(key): item for item in target}
    for item in patch:
        identity = item.get(key)
        if item.get("$patch") == "delete":
            merged.pop(identity, None)
        else:
            merged[identity] = strategic_merge(merged.get(identity), item)
    return list(merged.values())


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902; a failing test or a missing path answers 422 as the API server does."""
    if not isinstance(operations, list):
        raise BadRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = deepcopy(target)
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    path = _pointer(operation.get("path", ""))
    match operation.get("op"):
        case "test":
            if _read(document, path) != operation.get("value"):
                raise Invalid.patch()
            return document
        case "add":
            return _add(document, path, operation.get("value"))
        case "replace":
            _read(document, path)
            return _add(_remove(document, path), path, operation.get("value"))
        case "remove":
            return _remove(document, path)
        case "copy":
            value = deepcopy(_read(document, _pointer(operation.get("from", ""))))
            return _add(document, path, value)
        case "move":
            origin = _pointer(operation.get("from", ""))
            value = _read(document, origin)
            return _add(_remove(document, origin), path, value)
        case _:
            raise Invalid.patch()


def _pointer(text: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _read(document: Any, path: list[str]) -> Any:
    for step in path:
        document = _child(document, step)
    return document


def _child(parent: Any, step: str) -> Any:
    try:
        return parent[int(step)] if isinstance(parent, list) else parent[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise Invalid.patch() from None


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _read(document, path[:-1])
    if isinstance(parent, list):
        try:
            index = len(parent) if path[-1] == "-" else int(path[-1])
        except ValueError:
            raise Invalid.patch() from None
        if not 0 <= index <= len(parent):
            raise Invalid.patch()
        parent.insert(index, value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise Invalid.patch()
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    parent = _read(document, path[:-1])
    _child(parent, path[-1])
    del parent[int(path[-1]) if isinstance(parent, list) else path[-1]]
    return document
