"""The API server's front: listening, authentication, troubles of its own, and dispatch."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.access import ANONYMOUS, forbidden_path
from bot.playground.cluster.errors import ApiError, Forbidden, MethodNotAllowed
from bot.playground.cluster.faults import FaultBoard
from bot.playground.cluster.world import World

from . import (
    admin,
    deleting,
    discovery,
    mutating,
    openapi,
    podexec,
    podlogs,
    proxy,
    reading,
    reviews,
    watching,
    writing,
)
from .calls import REVIEWS, Call, json_response, parse_path

log = logging.getLogger(__name__)

_MUTATING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_HEALTH = frozenset({"/healthz", "/livez", "/readyz"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
BACKLOG = 1024
MOST_BODY = 3 * 1024 * 1024


class ApiServer:
    """Serves one world on 127.0.0.1; can go away and come back on the same port."""

    def __init__(self, world: World, ssl_context: ssl.SSLContext | None) -> None:
        self.world = world
        self.board: FaultBoard
        self.port = 0
        self._ssl = ssl_context
        self._throttle_debt = 0.0
        self._server: web.Server
        self._listener: asyncio.Server | None = None
        self._held: socket.socket | None = None
        """Keeps the port while nobody listens."""
        self._outages = 0
        self._stopped = False
        self._switching: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"{'https' if self._ssl else 'http'}://127.0.0.1:{self.port}"

    # Listening

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 chooses a free one."""
        self.port = port
        # Cancellation ends watches and hanging execs as soon as their client is gone.
        self._server = web.Server(
            self._handle,
            request_factory=_request,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=75,
        )
        await self._listen(self._bind())

    async def stop(self) -> None:
        """Close every connection and stop listening, for good."""
        self._stopped = True
        await self.switched()
        if self._listener is not None:
            self._listener.close()
        if self._held is not None:
            self._held.close()
        await self._server.shutdown(timeout=0.2)

    def switch(self, on: bool) -> None:
        """Go away, resetting every connection; or come back on the same port.

        Whoever switches it off switches it on again; it comes back when nobody wants it away.
        """
        self._outages += -1 if on else 1
        if self._stopped:
            return
        if self._outages and self._listener is not None:
            self._listener.close()
            self._listener = None
            # A bound socket that does not listen refuses connections and keeps the port.
            self._held = self._bind()
            for connection in self._server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
        elif not self._outages and self._held is not None:
            bound, self._held = self._held, None
            # From here on the kernel accepts connections; they are served a moment later.
            bound.listen(BACKLOG)
            self._switching = asyncio.create_task(self._listen(bound))

    async def switched(self) -> None:
        """Wait until a switch is complete."""
        if self._switching is not None:
            await self._switching
            self._switching = None

    def _bind(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self.port))
        bound.setblocking(False)
        self.port = bound.getsockname()[1]
        return bound

    async def _listen(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self._server, sock=bound, ssl=self._ssl, backlog=BACKLOG
        )
        if self._outages:  # it was switched off again meanwhile
            self._outages -= 1
            self.switch(False)

    # Answering

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The border: refusals become Status bodies, a bug becomes a logged 500."""
        try:
            return await self._answer(request)
        except ApiError as refusal:
            return web.Response(
                body=refusal.body(),
                status=refusal.code,
                headers={"Content-Type": refusal.content_type},
            )
        except mutating.Died:
            return web.Response(status=503)  # nobody is there to read it
        except web.HTTPRequestEntityTooLarge:
            return json_response(TooLargeBody().body(), TooLargeBody.code)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as bug:
            log.exception("%s %s failed", request.method, request.path)
            broken = ApiError(f"the simulator failed: {bug!r}; this is a bug in the playground")
            return json_response(broken.body(), 500)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.host.rpartition(":")[0] not in _LOOPBACK and request.host not in _LOOPBACK:
            raise Forbidden(f"the playground answers to loopback names only, not {request.host!r}")
        path, authorization = _credentials(request)
        user = self.world.access.authenticate(authorization)
        if path.startswith("/playground/"):
            if "system:masters" not in user.groups:
                raise forbidden_path(user, request.method.lower(), path)
            return await admin.answer(self.world, self.board, request, path)
        if self.world.api.latency:
            await asyncio.sleep(self.world.api.latency)
        if path in _HEALTH:
            return web.Response(text="ok")
        described = discovery.answer if path.count("/") < 4 else None
        if path.startswith(openapi.ROOT):
            described = openapi.answer
        if described and request.method == "GET" and not path.startswith("/api/v1/"):
            if user is ANONYMOUS and path != "/version":
                raise forbidden_path(user, "get", path)
            return json_response(msgspec.json.encode(described(path)) + b"\n")
        return await self._resource(Call(request, user, parse_path(path)))

    async def _resource(self, call: Call) -> web.StreamResponse:
        path, verb = call.path, call.verb
        counted = "exec" if path.subresource == "exec" else ""
        self.world.ledger.requests[
            ("get" if counted else verb, path.group, path.resource, path.subresource)
        ] += 1
        if verb in ("get", "list", "watch") and self._throttled():
            return web.Response(
                text="Too many requests, please try again later.\n", status=429,
                headers={"Retry-After": "1"},
            )  # fmt: skip
        if verb not in _MUTATING or path.resource in REVIEWS or counted:
            death = self.world.api.death
            if death is not None and death.every_request and death.strikes():
                raise mutating.Died
            return await self._serve(call)
        return await mutating.mutate(self.world, call, self._serve)

    async def _serve(self, call: Call) -> web.StreamResponse:
        world, path, verb = self.world, call.path, call.verb
        if path.subresource == "exec":
            return await podexec.execute(world, call)
        if path.resource not in REVIEWS:
            call.kind  # noqa: B018 - an unknown resource is 404 before it is 403
        world.access.require(call.user, call.attributes)
        if verb in _MUTATING:
            await call.read_body()
            # A request that was on its way when the server went away is lost with it.
            if self._outages:
                raise mutating.Died
            if path.resource not in REVIEWS:
                mutating.attempted(world, call)
        match path.resource, path.subresource, verb:
            case resource, "", "create" if resource in REVIEWS:
                return reviews.review(world, call)
            case "pods", "log", "get":
                return podlogs.read(world, call)
            case "pods", "proxy", "get":
                return await proxy.forward(world, call)
            case "pods", "eviction", "create":
                return deleting.evict(world, call)
            case _, "" | "status", "get":
                return reading.get(world, call)
            case _, "", "list":
                return reading.list_(world, call)
            case _, "", "watch":
                return await watching.watch(world, call)
            case _, "", "create":
                return writing.create(world, call)
            case _, "" | "status", "update":
                return writing.update(world, call)
            case _, "" | "status", "patch":
                return writing.patch(world, call)
            case _, "", "delete":
                return deleting.delete(world, call)
            case _, "", "deletecollection":
                return deleting.delete_collection(world, call)
            case _:
                raise MethodNotAllowed

    def _throttled(self) -> bool:
        """Refuse evenly: a share of 0.25 is every fourth read."""
        self._throttle_debt += self.world.api.throttled_share
        if self._throttle_debt < 1:
            return False
        self._throttle_debt -= 1
        return True


class TooLargeBody(ApiError):
    """413: the body is larger than the real server takes."""

    code = 413
    reason = "RequestEntityTooLarge"

    def __init__(self) -> None:
        super().__init__(f"Request entity too large: limit is {MOST_BODY}")


def _request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]
) -> web.BaseRequest:
    """A request as aiohttp makes it, with the real server's limit on its body."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=MOST_BODY
    )


TOKEN_PATH = "/as/"  # noqa: S105 - a path, no secret


def _credentials(request: web.BaseRequest) -> tuple[str, str | None]:
    """The path, and the Authorization header or what stands for it.

    kubectl sends no token over plain HTTP, so it may stand in front of the path:
    ``/as/<token>/api/v1/pods``. A header goes before it.
    """
    path, authorization = request.path, request.headers.get("Authorization")
    if path.startswith(TOKEN_PATH):
        token, _, rest = path.removeprefix(TOKEN_PATH).partition("/")
        return f"/{rest}", authorization or f"Bearer {token}"
    return path, authorization
