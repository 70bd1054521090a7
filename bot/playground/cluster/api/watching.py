"""watch: changes as a stream of JSON lines."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.errors import BadRequest, Expired
from bot.playground.cluster.events import as_served
from bot.playground.cluster.store import Change, Stored, with_version
from bot.playground.cluster.world import World

from .calls import Call

JsonObject = dict[str, Any]
Predicate = Callable[[JsonObject], bool]

BOOKMARK_EVERY = 60.0
DEFAULT_TIMEOUT = 1800.0


async def watch(world: World, call: Call) -> web.StreamResponse:
    """Stream ADDED, MODIFIED, DELETED and BOOKMARK until the timeout."""
    if call.flag("sendInitialEvents") and call.query.get("resourceVersionMatch") != "NotOlderThan":
        raise BadRequest(
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(call.request)
    async with aclosing(_Stream(world, call).lines()) as lines:
        async for line in lines:
            await response.write(line)
    await response.write_eof()
    return response


class _Stream:
    """One watcher: what it selects, where it begins, when it ends."""

    def __init__(self, world: World, call: Call) -> None:
        self._store = world.store
        self._api = world.api
        self._loop = asyncio.get_running_loop()
        self._kind = call.kind
        self._collection = world.store.collection(call.path.resource)
        self._namespace = call.path.namespace
        self._selected: Predicate = call.selection.predicate()
        self._initial = call.flag("sendInitialEvents")
        self._bookmarks = call.flag("allowWatchBookmarks")
        self._from = call.query.get("resourceVersion", "")
        self._timeout = float(call.number("timeoutSeconds") or DEFAULT_TIMEOUT)
        self._pending: deque[tuple[float, Change]] = deque()
        """Changes to be told, each with the loop's time at which it may be."""
        self._told_up_to = 0
        self._arrived = asyncio.Event()
        self._ended = False

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """The whole stream."""
        begin = int(self._from) if self._from.isdigit() else 0
        replay = begin > 0 and not self._initial
        if replay and begin < self._collection.compacted:
            yield self._too_old(begin)
            return
        stop_listening = self._store.listen(self._heard)
        self._api.open_watches.add(self._end)
        self._told_up_to = begin if replay else self._store.version
        try:
            if replay:
                for change in self._collection.since(begin):
                    self._heard(change)
            else:
                for stored in list(self._collection.in_order(self._namespace or None)):
                    if self._selected(stored.object):
                        yield self._event("ADDED", stored)
            if self._initial and self._bookmarks:
                yield self._bookmark({"k8s.io/initial-events-end": "true"})
            async for line in self._live():
                yield line
        finally:
            stop_listening()
            self._api.open_watches.discard(self._end)

    async def _live(self) -> AsyncGenerator[bytes, None]:
        loop = self._loop
        end = loop.time() + self._timeout
        next_bookmark = loop.time() + min(BOOKMARK_EVERY, self._timeout)
        while not self._ended:
            while self._pending and self._pending[0][0] <= loop.time():
                _, change = self._pending.popleft()
                for line in self._told(change):
                    yield line
                self._told_up_to = change.version
            now = loop.time()
            if now >= next_bookmark:
                next_bookmark = now + BOOKMARK_EVERY
                if self._bookmarks:
                    yield self._bookmark()
            if now >= end:
                return
            self._arrived.clear()
            due = [self._pending[0][0]] if self._pending else []
            try:
                async with asyncio.timeout_at(min(end, next_bookmark, *due)):
                    await self._arrived.wait()
            except TimeoutError:
                continue

    def _heard(self, change: Change) -> None:
        if change.kind is self._collection.kind:
            due = self._loop.time() + self._api.watch_delay
            # Never before what came earlier: the delay may have been shortened since.
            if self._pending:
                due = max(due, self._pending[-1][0])
            self._pending.append((due, change))
            self._arrived.set()

    def _end(self) -> None:
        self._ended = True
        self._arrived.set()

    def _told(self, change: Change) -> Iterator[bytes]:
        """A change as this watcher sees it: leaving the selection is a deletion."""
        before, after = self._sees(change.old), self._sees(change.new)
        if after and change.new is not None:
            yield self._event("MODIFIED" if before else "ADDED", change.new)
        elif before and change.old is not None:
            yield self._event("DELETED", with_version(change.old, change.version))

    def _sees(self, stored: Stored | None) -> bool:
        if stored is None or (self._namespace and stored.namespace != self._namespace):
            return False
        return self._selected(stored.object)

    def _event(self, what: str, stored: Stored) -> bytes:
        shown = as_served(stored, self._kind).whole()
        return b'{"type":"' + what.encode() + b'","object":' + shown + b"}\n"

    def _bookmark(self, annotations: dict[str, str] | None = None) -> bytes:
        # What was not told yet must not be skipped by a client that resumes from here.
        version = self._told_up_to if self._pending else self._store.version
        metadata: JsonObject = {"resourceVersion": str(version)}
        if annotations:
            metadata["annotations"] = annotations
        thing = {
            "kind": self._kind.kind,
            "apiVersion": self._kind.api_version,
            "metadata": metadata,
        }
        return msgspec.json.encode({"type": "BOOKMARK", "object": thing}) + b"\n"

    def _too_old(self, version: int) -> bytes:
        refusal = Expired(f"too old resource version: {version} ({self._collection.compacted})")
        return msgspec.json.encode({"type": "ERROR", "object": refusal.status()}) + b"\n"
