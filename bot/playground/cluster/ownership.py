"""managedFields: who wrote which fields of an object, and when.

The bot reads the *time* of a field manager's last write (a ConfigMap changed after the agents
started), and planners read the managers' names. Conflicts between appliers are judged on the
fields named here.
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]

_UNOWNED = {"kind", "apiVersion", "status"}
_OWNED_METADATA = ("labels", "annotations", "finalizers")


def changed_fields(old: Any, new: Any) -> JsonObject:
    """The ``fieldsV1`` tree of what differs; lists count as one field (simplified)."""
    tree: JsonObject = {}
    for key, value in new.items():
        before = old.get(key) if isinstance(old, dict) else None
        if value == before:
            continue
        tree[f"f:{key}"] = changed_fields(before, value) if isinstance(value, dict) else {}
    return tree


def owned_part(thing: JsonObject) -> JsonObject:
    """The part of an object that field managers own: no identity, no status."""
    part = {k: v for k, v in thing.items() if k not in _UNOWNED and k != "metadata"}
    metadata = {k: v for k, v in thing["metadata"].items() if k in _OWNED_METADATA}
    return part | ({"metadata": metadata} if metadata else {})


def leaves(tree: JsonObject, path: str = "") -> list[str]:
    """The fields of a ``fieldsV1`` tree as dotted paths, ``.data.k``."""
    if not tree:
        return [path]
    return [leaf for key, sub in tree.items() for leaf in leaves(sub, f"{path}.{key[2:]}")]


def _union(one: JsonObject, two: JsonObject) -> JsonObject:
    merged = dict(one)
    for key, sub in two.items():
        merged[key] = _union(merged.get(key, {}), sub)
    return merged


def _without(tree: JsonObject, taken: JsonObject) -> JsonObject:
    """A tree less the leaves that somebody else has just written."""
    left: JsonObject = {}
    for key, sub in tree.items():
        if key not in taken:
            left[key] = sub
        elif sub and taken[key] and (rest := _without(sub, taken[key])):
            left[key] = rest
    return left


def sign(
    thing: JsonObject,
    fields: JsonObject,
    *,
    manager: str,
    operation: str,
    api_version: str,
    at: str,
) -> JsonObject:
    """The object with its managedFields brought up to date for one write.

    An Update takes the fields it changed away from their former owners; an Apply shares them.
    """
    if not fields:
        return thing
    entries: list[JsonObject] = []
    mine: JsonObject = {}
    for entry in thing["metadata"].get("managedFields") or ():
        if entry["manager"] == manager and entry["operation"] == operation:
            mine = entry["fieldsV1"]
            continue
        rest = entry["fieldsV1"] if operation == "Apply" else _without(entry["fieldsV1"], fields)
        if rest:
            entries.append({**entry, "fieldsV1": rest})
    entries.append(
        {
            "manager": manager,
            "operation": operation,
            "apiVersion": api_version,
            "time": at,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields if operation == "Apply" else _union(mine, fields),
        }
    )
    return {**thing, "metadata": {**thing["metadata"], "managedFields": entries}}


def contested(thing: JsonObject, fields: JsonObject, manager: str) -> list[tuple[JsonObject, str]]:
    """Fields an applier wants to change although another manager owns them: (entry, path)."""
    wanted = set(leaves(fields))
    return [
        (entry, path)
        for entry in thing["metadata"].get("managedFields") or ()
        if not (entry["manager"] == manager and entry["operation"] == "Apply")
        for path in leaves(entry["fieldsV1"])
        if path in wanted
    ]


def given_up(thing: JsonObject, fields: JsonObject, manager: str) -> JsonObject:
    """Fields that an applier sent last time, sends no more, and that nobody else owns."""
    mine: JsonObject = {}
    others: JsonObject = {}
    for entry in thing["metadata"].get("managedFields") or ():
        if entry["manager"] == manager and entry["operation"] == "Apply":
            mine = entry["fieldsV1"]
        else:
            others = _union(others, entry["fieldsV1"])
    return _without(_less(mine, fields), others)


def _less(tree: JsonObject, sent: JsonObject) -> JsonObject:
    """What of a tree is not sent; an object that is sent empty keeps nothing."""
    left: JsonObject = {}
    for key, sub in tree.items():
        if key not in sent:
            left[key] = sub
        elif sub and (rest := _less(sub, sent[key])):
            left[key] = rest
    return left


def without(thing: Any, tree: JsonObject) -> Any:
    """A copy of an object less the leaves of a ``fieldsV1`` tree; what is emptied so goes, too."""
    if not isinstance(thing, dict):
        return thing
    left = dict(thing)
    for key, sub in tree.items():
        name = key[2:]
        if name not in left:
            continue
        rest = without(left[name], sub) if sub else None
        if rest or (sub and not isinstance(rest, dict)):
            left[name] = rest
        else:
            del left[name]
    return left


def owns(thing: JsonObject, fields: JsonObject, manager: str, operation: str) -> bool:
    """Whether a manager owns exactly these fields already."""
    return any(
        (entry["manager"], entry["operation"], entry["fieldsV1"]) == (manager, operation, fields)
        for entry in thing["metadata"].get("managedFields") or ()
    )
