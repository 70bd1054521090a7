"""get and list: joins of bytes that are already encoded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import msgspec
from aiohttp import web

from bot.playground.cluster.errors import ApiError, BadRequest, Expired, NotFound
from bot.playground.cluster.events import as_served
from bot.playground.cluster.kinds import Kind
from bot.playground.cluster.store import Collection, Stored
from bot.playground.cluster.world import World

from . import tables
from .calls import Call, json_response


class TooLarge(ApiError):
    """504: a resourceVersion from the future."""

    code = 504
    reason = "Timeout"


def get(world: World, call: Call) -> web.Response:
    """One object."""
    stored = require(world, call)
    if tables.wanted(call.request):
        return json_response(tables.render(call.kind, [stored], world.store.version))
    return json_response(as_served(stored, call.kind).whole() + b"\n")


def exists(world: World, call: Call) -> bool:
    """Whether the object that a path names is there."""
    return world.store.find(call.path.resource, call.path.name, call.path.namespace) is not None


def require(world: World, call: Call) -> Stored:
    """The object a path names; ``NotFound`` when it is not there."""
    stored = world.store.find(call.path.resource, call.path.name, call.path.namespace)
    if stored is None:
        raise NotFound(call.kind, call.path.name)
    return stored


def list_(world: World, call: Call) -> web.Response:
    """A page of a collection, or all of it."""
    page = select_page(world, call)
    if tables.wanted(call.request):
        body = tables.render(call.kind, page.items, page.version, page.token, page.remaining)
        return json_response(body)
    return list_items(call.kind, page)


def list_items(kind: Kind, page: Page) -> web.Response:
    """A page in its ordinary form."""
    return json_response(_encode_list(kind, page))


@dataclass(frozen=True)
class Page:
    """Part of a collection. ``token`` and ``remaining`` are set when more follows."""

    items: list[Stored]
    version: int
    token: str = ""
    remaining: int | None = None


def select_page(world: World, call: Call) -> Page:
    """Carry out selectors, limit, continue and resourceVersion."""
    collection = world.store.collection(call.path.resource)
    version, start = _from_where(world, call, collection)
    namespace = call.path.namespace or None
    found: Iterable[Stored]
    if call.selection.node and version == world.store.version and not start:
        found = collection.on_node(call.selection.node)
        if namespace:
            found = (stored for stored in found if stored.namespace == namespace)
    elif version == world.store.version:
        found = collection.in_order(namespace)
    else:
        found = collection.as_of(version, namespace)
    if start:
        found = (stored for stored in found if stored.key > start)
    if call.selection:
        selected = call.selection.predicate()
        found = (stored for stored in found if selected(stored.object))
    limit = call.number("limit") or 0
    if limit <= 0:
        return Page(list(found), version)
    every = iter(found)
    items = list(islice(every, limit))
    rest = sum(1 for _ in every)
    if not rest:
        return Page(items, version)
    # With selectors the real server does not know how many more there are.
    remaining = None if call.selection else rest
    return Page(items, version, _encode_token(version, items[-1].key), remaining)


def _from_where(world: World, call: Call, collection: Collection) -> tuple[int, str]:
    """The resourceVersion to list at and the key to begin after."""
    token = call.query.get("continue")
    if token:
        version, start = _decode_token(token)
        _refuse_compacted(version, collection)
        return version, start
    asked = call.query.get("resourceVersion", "")
    if asked in ("", "0"):
        return world.store.version, ""
    version = _parse_version(asked)
    if version > world.store.version:
        raise TooLarge(
            f"Too large resource version: {version}, current: {world.store.version}",
            {"causes": [{"reason": "ResourceVersionTooLarge",
                         "message": "Too large resource version"}], "retryAfterSeconds": 1},
        )  # fmt: skip
    if call.query.get("resourceVersionMatch") == "Exact":
        _refuse_compacted(version, collection)
        return version, ""
    return world.store.version, ""


def _parse_version(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadRequest(
            f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        ) from None


def _refuse_compacted(version: int, collection: Collection) -> None:
    if version < collection.compacted:
        raise Expired(
            "The provided continue parameter is too old to display a consistent list result. You "
            "can start a new list without the continue parameter."
        )


def _encode_token(version: int, key: str) -> str:
    token = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": f"/{key}\0"})
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _decode_token(text: str) -> tuple[int, str]:
    prefix = "invalid continue token: continue key is not valid:"
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise BadRequest(f"{prefix} illegal base64 data at input byte {len(text)}") from None
    try:
        token = msgspec.json.decode(decoded, type=dict[str, str | int])
        return int(token["rv"]), str(token["start"]).removeprefix("/").rstrip("\0")
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError):
        shown = chr(decoded[0]) if decoded else ""
        raise BadRequest(
            f"{prefix} invalid character '{shown}' looking for beginning of value"
        ) from None


def _encode_list(kind: Kind, page: Page) -> bytes:
    head = (
        f'{{"kind":"{kind.kind}List","apiVersion":"{kind.api_version}",'
        f'"metadata":{{"resourceVersion":"{page.version}"'
    )
    if page.token:
        head += f',"continue":"{page.token}"'
    if page.remaining is not None:
        head += f',"remainingItemCount":{page.remaining}'
    items = b",".join([as_served(stored, kind).item() for stored in page.items])
    return head.encode() + b'},"items":[' + items + b"]}\n"
