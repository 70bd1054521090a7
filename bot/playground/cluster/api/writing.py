"""create, update and patch: every write with its preconditions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.playground.cluster.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Invalid,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)
from bot.playground.cluster.events import as_served, as_stored
from bot.playground.cluster.kinds import BY_PLURAL, Kind
from bot.playground.cluster.names import new_uid
from bot.playground.cluster.ownership import (
    changed_fields,
    contested,
    given_up,
    owned_part,
    owns,
    sign,
    without,
)
from bot.playground.cluster.patches import json_patch, merge, strategic_merge
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import reading, rules
from .calls import Call, json_response
from .validation import identify

JsonObject = dict[str, Any]
APPLY = "application/apply-patch+yaml"
_APPLY_TYPES = (APPLY, "application/apply-patch+json")


# Create


def create(world: World, call: Call) -> web.Response:
    """POST to a collection."""
    if call.path.name:
        raise MethodNotAllowed
    return _created(world, call, call.object_body())


def _created(
    world: World, call: Call, given: JsonObject, operation: str = "Update",
    fields: JsonObject | None = None,
) -> web.Response:  # fmt: skip
    kind = call.kind
    thing = as_stored(identify(call, given), kind)
    metadata = thing["metadata"]
    if kind.namespaced and world.store.find("namespaces", call.path.namespace) is None:
        raise NotFound(_NAMESPACES, call.path.namespace)
    existing = world.store.find(kind.plural, metadata["name"], call.path.namespace)
    if existing is not None:
        call.outcome.found(existing)
        raise AlreadyExists(kind, metadata["name"])
    rules.check_times(kind, thing)
    rules.check_fields(kind, thing, new=True)
    thing = rules.complete(kind, thing)
    for assigned in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        metadata.pop(assigned, None)
    if "spec" in kind.fields and kind.plural not in ("leases", "namespaces"):
        metadata["generation"] = 1
    if kind.plural == "pods":
        thing["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
    elif kind.plural == "namespaces":
        name = {"kubernetes.io/metadata.name": metadata["name"]}
        metadata["labels"] = (metadata.get("labels") or {}) | name
        thing |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    elif "status" in kind.fields and kind.plural != "ciliumendpoints":
        thing["status"] = {}
    owned = changed_fields({}, owned_part(thing)) if fields is None else fields
    thing = _with_fields(world, call, thing, owned, operation)
    if call.dry_run:
        return json_response(_preview(world, kind, thing), 201)
    call.outcome.after = created = world.store.create(kind.plural, thing)
    return json_response(as_served(created, kind).whole() + b"\n", 201)


def _preview(world: World, kind: Kind, thing: JsonObject) -> bytes:
    """A dry run's answer: a uid is there, a resourceVersion is not."""
    metadata = {
        **thing["metadata"], "uid": new_uid(), "creationTimestamp": world.clock.stamp()
    }  # fmt: skip
    shown = as_served(Stored(BY_PLURAL[kind.plural], "", thing | {"metadata": metadata}, 0), kind)
    return shown.whole() + b"\n"


# Update and patch


def found(world: World, call: Call) -> Stored:
    """The object that is to be changed; ``NotFound`` when it is not there."""
    stored = reading.require(world, call)
    call.outcome.found(stored)
    return stored


def update(world: World, call: Call) -> web.Response:
    """PUT of a whole object."""
    thing = identify(call, call.object_body())
    if thing["metadata"]["name"] != call.path.name:
        raise BadRequest(
            f"the name of the object ({thing['metadata']['name']}) does not match the name on the "
            f"URL ({call.path.name})"
        )
    uid = thing["metadata"].get("uid")
    if call.kind.plural in _CREATED_BY_PUT and not reading.exists(world, call):
        if uid:
            raise Conflict.no_such_uid(call.kind, call.path.name, call.path.namespace, uid, "")
        world.access.require(call.user, replace(call.attributes, verb="create"))
        return _created(world, call, thing)
    stored = found(world, call)
    if uid and uid != stored.uid:
        raise Conflict.no_such_uid(stored.kind, stored.name, call.path.namespace, uid, stored.uid)
    if not thing["metadata"].get("resourceVersion") and _needs_version(call.kind):
        raise Invalid.without_version(call.kind, stored.name)
    thing = as_stored(thing, call.kind)
    rules.check_times(call.kind, thing)
    return _replaced(world, call, stored, thing)


# After AllowCreateOnUpdate and AllowUnconditionalUpdate of each kind's strategy.
_CREATED_BY_PUT = frozenset({"leases", "events"})
_NEVER_BLINDLY = frozenset({"leases", "customresourcedefinitions"})


def _needs_version(kind: Kind) -> bool:
    """Whether a PUT without a resourceVersion is refused instead of overwriting."""
    return kind.custom or kind.plural in _NEVER_BLINDLY


def patch(world: World, call: Call) -> web.Response:
    """PATCH in any of its four forms."""
    content_type = call.request.content_type
    if content_type in _APPLY_TYPES:
        return _applied(world, call)
    if content_type not in _PATCHES:
        raise UnsupportedMediaType
    stored = found(world, call)
    if call.kind.custom and content_type == _STRATEGIC:
        raise UnsupportedMediaType
    before = _whole(as_served(stored, call.kind))
    after = _PATCHES[content_type](before, call.body)
    if not isinstance(after, dict) or not isinstance(after.get("metadata"), dict):
        raise Invalid.patch()
    if call.query.get("fieldValidation") == "Strict":
        identify(call, after)
    after = as_stored(after, call.kind)
    rules.check_times(call.kind, after, patched=True)
    return _replaced(world, call, stored, after)


_STRATEGIC = "application/strategic-merge-patch+json"
_PATCHES = {
    "application/json-patch+json": json_patch,
    "application/merge-patch+json": merge,
    _STRATEGIC: strategic_merge,
}


def _whole(stored: Stored) -> JsonObject:
    head = {"kind": stored.kind.kind, "apiVersion": stored.kind.api_version}
    return head | stored.copy()


def _replaced(
    world: World, call: Call, stored: Stored, thing: JsonObject, operation: str = "Update",
    fields: JsonObject | None = None,
) -> web.Response:  # fmt: skip
    kind, before = stored.kind, stored.object
    _check_preconditions(kind, stored, thing["metadata"])
    rules.check_fields(call.kind, thing, new=False)
    thing = {key: value for key, value in thing.items() if key not in ("kind", "apiVersion")}
    if call.path.subresource == "status":
        thing = {**before, "status": thing.get("status", {})}
    elif "status" in kind.subresources and "status" in before:
        thing["status"] = before["status"]
    metadata = {**before["metadata"], **thing["metadata"]}
    for removable in ("labels", "annotations", "finalizers"):
        if removable not in thing["metadata"]:
            metadata.pop(removable, None)
    for fixed in ("uid", "creationTimestamp", "name", "namespace", "generation", "managedFields"):
        if fixed in before["metadata"] and not _may_change(fixed, thing["metadata"]):
            metadata[fixed] = before["metadata"][fixed]
    metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
    thing["metadata"] = metadata
    if thing == before and (fields is None or owns(before, fields, call.manager, operation)):
        return json_response(as_served(stored, call.kind).whole() + b"\n")
    if thing.get("spec") != before.get("spec") and "generation" in metadata:
        metadata["generation"] += 1
    if fields is None:
        thing = _signed(world, call, thing, before)
    else:
        thing = _with_fields(world, call, thing, fields, operation)
    if call.dry_run:
        preview = as_served(Stored(kind, stored.key, thing, stored.version), call.kind)
        return json_response(preview.whole() + b"\n")
    call.outcome.after = replaced = world.store.replace(kind.plural, thing)
    return json_response(as_served(replaced, call.kind).whole() + b"\n")


def _may_change(field: str, given: JsonObject) -> bool:
    """managedFields may be rewritten (a known way out of ownership conflicts); the rest not."""
    return field == "managedFields" and field in given


def _check_preconditions(kind: Kind, stored: Stored, given: JsonObject) -> None:
    """Optimistic lock: a resourceVersion that is given must be the present one; so must a uid,
    which only a patch can bring this far."""
    version, uid = given.get("resourceVersion"), given.get("uid")
    if version and str(version) != stored.object["metadata"]["resourceVersion"]:
        raise Conflict.modified(kind, stored.name)
    if uid and uid != stored.uid:
        raise Invalid.field(
            kind, stored.name, "metadata.uid", "FieldValueInvalid",
            f'Invalid value: "{uid}": field is immutable',
        )  # fmt: skip


def _signed(world: World, call: Call, thing: JsonObject, before: JsonObject) -> JsonObject:
    old = owned_part(before) if before else {}
    return _with_fields(world, call, thing, changed_fields(old, owned_part(thing)), "Update")


def _with_fields(
    world: World, call: Call, thing: JsonObject, fields: JsonObject, operation: str
) -> JsonObject:
    return sign(
        thing, fields, manager=call.manager, operation=operation,
        api_version=call.kind.api_version, at=world.clock.stamp(),
    )  # fmt: skip


def _applied(world: World, call: Call) -> web.Response:
    """Server-side apply: merge, own the fields, refuse to take them from others unforced."""
    if not call.query.get("fieldManager"):
        raise Invalid(
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
            "apply patch",
            {"group": "meta.k8s.io", "kind": "PatchOptions"},
        )
    given = identify(call, call.object_body())
    stored = world.store.find(call.kind.plural, call.path.name, call.path.namespace)
    fields = changed_fields({}, owned_part(given))
    if stored is None:
        return _created(world, call, given, "Apply", fields)
    call.outcome.found(stored)
    given, before = as_stored(given, call.kind), _whole(stored)
    dropped = given_up(stored.object, fields, call.manager)
    after = merge(without(before, dropped), given)
    changes = changed_fields(owned_part(before), owned_part(after))
    rivals = contested(stored.object, changes, call.manager)
    if rivals and not call.flag("force"):
        raise _apply_conflict(rivals)
    return _replaced(world, call, stored, after, "Apply", fields)


def _apply_conflict(rivals: list[tuple[JsonObject, str]]) -> ApiError:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{entry["manager"]}" using {entry["apiVersion"]}',
            "field": path,
        }
        for entry, path in rivals
    ]
    plural = "conflict" if len(causes) == 1 else "conflicts"
    told = (
        f"{causes[0]['message']}: {causes[0]['field']}"
        if len(causes) == 1
        else "conflicts " + ", ".join(f"{cause['message']}: {cause['field']}" for cause in causes)
    )
    return Conflict(f"Apply failed with {len(causes)} {plural}: {told}", {"causes": causes})


_NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
