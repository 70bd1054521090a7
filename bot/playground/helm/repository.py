"""A chart repository on loopback: ``index.yaml`` and the packed charts."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import web

from .charts import NAME, VERSIONS, chart


class ChartRepository:
    """Use as ``async with``; offers ``versions`` of the playground's chart at :attr:`url`."""

    def __init__(self, versions: tuple[str, ...] = VERSIONS) -> None:
        self.versions = versions
        self.port = 0
        self._runner: web.ServerRunner

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``"""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    def index(self) -> dict[str, Any]:
        """The index, newest first, as Helm writes it."""
        entries = [
            chart(version).metadata
            | {
                "created": "2026-01-13T10:12:41.000000000Z",
                "urls": [f"{NAME}-{version}.tgz"],
                "digest": "",
            }
            for version in reversed(self.versions)
        ]
        return {"apiVersion": "v1", "entries": {NAME: entries}}

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/index.yaml":
            return web.Response(body=msgspec.yaml.encode(self.index()))
        for version in self.versions:
            if request.path == f"/{NAME}-{version}.tgz":
                return web.Response(body=chart(version).package())
        return web.Response(status=404)
