"""Bounds: how much is asked at once, how large an answer may be, what cancelling leaves."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest
from aiohttp import web

from bot.clients.kubernetes import credentials as credentials_module
from bot.clients.kubernetes.connection import Connection, connect
from bot.model.errors import Malformed, TimedOut
from tests.clients.kubernetes.serving import against

PATH = "/api/v1/nodes"


class Busy:
    """A handler that takes a moment and counts how many wait with it."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.now = self.peak = self.all = 0
        self._came = asyncio.Condition()

    async def reached(self, many: int) -> None:
        """Wait until ``many`` requests are here at once."""
        async with self._came:
            await self._came.wait_for(lambda: self.now >= many)

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.now += 1
        self.all += 1
        self.peak = max(self.peak, self.now)
        async with self._came:
            self._came.notify_all()
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now -= 1
        return web.Response(text="{}")


async def test_at_most_so_many_requests_are_in_flight(tmp_path: Path) -> None:
    busy = Busy()
    async with against(busy, tmp_path, requests_in_flight=7) as (cluster, served):
        await asyncio.gather(*(cluster.api.get(PATH) for _ in range(60)))
        assert (busy.all, busy.peak) == (60, 7)
        assert served.connections <= 7


async def test_waiting_for_a_slot_is_not_the_servers_slowness(tmp_path: Path) -> None:
    async with against(Busy(0.3), tmp_path, requests_in_flight=1) as (cluster, _):
        gets = (cluster.api.get(PATH, timeout=1, attempts=1) for _ in range(4))
        assert await asyncio.gather(*gets) == [b"{}"] * 4


async def test_the_first_requests_open_one_session_and_read_one_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    async def counted(address: object) -> Connection:
        nonlocal read
        read += 1
        await asyncio.sleep(0.01)
        return await connect(address)  # type: ignore[arg-type]

    monkeypatch.setattr(credentials_module, "connect", counted)
    async with against(Busy(), tmp_path) as (cluster, served):
        await asyncio.gather(*(cluster.api.get(PATH) for _ in range(50)))
        assert read == 1
        await cluster.close()
        assert await served.comes_to(0)  # a second session would have kept its own


async def test_cancelling_frees_the_slot_and_the_connection(tmp_path: Path) -> None:
    busy = Busy(60)
    async with against(busy, tmp_path, requests_in_flight=2) as (cluster, served):
        tasks = [asyncio.create_task(cluster.api.get(PATH, timeout=60)) for _ in range(4)]
        await asyncio.wait_for(busy.reached(2), 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await served.comes_to(0)
        assert busy.now == 0
        busy.seconds = 0
        assert await cluster.api.get(PATH) == b"{}"


async def test_closing_ends_what_is_kept_open_and_may_be_repeated(tmp_path: Path) -> None:
    async with against(Busy(0), tmp_path) as (cluster, served):
        await cluster.api.get(PATH)
        assert served.connections == 1
        await cluster.close()
        await cluster.close()
        assert await served.comes_to(0)


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = 0

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)
            sent += 65536

    async with against(endless, tmp_path) as (cluster, _):
        with pytest.raises(Malformed, match=r"is larger than 100,000 bytes"):
            await cluster.api.get(PATH, most_bytes=100_000)
        await asyncio.sleep(0.05)
    assert sent < 16 * 1024 * 1024


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path) -> None:
    packed = zlib.compress(b"\0" * 50_000_000, wbits=31)

    async def bomb(request: web.BaseRequest) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with against(bomb, tmp_path) as (cluster, _):
        with pytest.raises(Malformed, match="is larger than"):
            await cluster.api.get(PATH, most_bytes=1_000_000)


async def test_an_answer_that_trickles_is_cut_off(tmp_path: Path) -> None:
    async def trickling(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    async with against(trickling, tmp_path) as (cluster, _):
        with pytest.raises(TimedOut):
            await cluster.api.get(PATH, timeout=0.2, attempts=1)
