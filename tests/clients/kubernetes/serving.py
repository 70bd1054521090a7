"""API servers that do what a healthy one never does: one handler behind a real port."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Served:
    """A listening server: where it is, what it was asked, and who is still connected."""

    url: str
    server: web.Server
    requests: list[web.BaseRequest]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    @property
    def connections(self) -> int:
        return len(self.server.connections)

    async def comes_to(self, connections: int) -> bool:
        """Whether so many connections are open, now or within two seconds."""
        for _ in range(200):
            if self.connections == connections:
                return True
            await asyncio.sleep(0.01)
        return False


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Serve ``handler`` on a free loopback port."""
    requests: list[web.BaseRequest] = []

    async def remembering(request: web.BaseRequest) -> web.StreamResponse:
        requests.append(request)
        return await handler(request)

    server = web.Server(remembering, access_log=None, handler_cancellation=True)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    try:
        yield Served(f"{'https' if tls else 'http'}://127.0.0.1:{port}", server, requests)
    finally:
        listener.close()
        await server.shutdown(timeout=0.1)


def write_kubeconfig(path: Path, server: str, user: Any = None, **cluster: Any) -> Path:
    """A kubeconfig with one context, ``it``; underscores in ``cluster`` stand for dashes."""
    described = {name.replace("_", "-"): value for name, value in cluster.items()}
    document = {
        "clusters": [{"name": "it", "cluster": {"server": server, **described}}],
        "users": [{"name": "it", "user": {"token": "secret"} if user is None else user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    path.write_text(json.dumps(document))
    return path


@asynccontextmanager
async def using(kubeconfig: Path, **options: Any) -> AsyncIterator[Cluster]:
    """The clients of the cluster that ``kubeconfig`` means, closed afterwards."""
    cluster = Cluster.at("it", ClusterAddress(kubeconfig), **options)
    try:
        yield cluster
    finally:
        await cluster.close()


@asynccontextmanager
async def against(
    handler: Handler, folder: Path, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[tuple[Cluster, Served]]:
    """Clients of a cluster whose API server is ``handler``."""
    async with serving(handler, tls) as served:
        kubeconfig = write_kubeconfig(folder / "config", served.url)
        async with using(kubeconfig, **options) as cluster:
            yield cluster, served


def answering(*answers: web.Response | Callable[[], web.Response]) -> Handler:
    """A handler that gives each answer once, and the last one from then on."""
    left = list(answers)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer() if callable(answer) else answer

    return handler


def text(body: str, status: int = 200, **headers: str) -> Callable[[], web.Response]:
    """An answer made anew for each request; underscores in ``headers`` stand for dashes."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.Response(text=body, status=status, headers=given)
