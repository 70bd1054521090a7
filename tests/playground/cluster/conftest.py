"""A small cluster that lives fast, and a plain HTTP client for it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
import pytest

from bot.playground.cluster import SimulatedCluster

JsonObject = dict[str, Any]
SYSTEM = "/api/v1/namespaces/kube-system"


@dataclass
class Exec:
    """What a client sees of one exec session."""

    stdout: bytes
    stderr: bytes
    status: JsonObject
    frames: list[bytes]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.stdout)


class Client:
    """Requests with one user's token."""

    def __init__(self, cluster: SimulatedCluster, session: aiohttp.ClientSession) -> None:
        self.cluster = cluster
        self.session = session
        self.token = cluster.token

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | more

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """(status, decoded JSON or text)."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given.setdefault("Content-Type", "application/json")
        data = None if body is None else io.BytesIO(msgspec.json.encode(body))
        async with self.session.request(
            method, self.cluster.url + path, data=data, headers=self._headers(given)
        ) as response:
            raw = await response.read()
            if response.content_type == "application/json":
                return response.status, msgspec.json.decode(raw)
            return response.status, raw.decode()

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return await self.call("GET", path, **headers)

    async def patch(self, path: str, body: Any, kind: str = "merge-patch+json") -> tuple[int, Any]:
        return await self.call("PATCH", path, body, Content_Type=f"application/{kind}")

    async def items(self, path: str) -> list[JsonObject]:
        status, body = await self.get(path)
        assert status == 200, body
        items: list[JsonObject] = body["items"]
        return items

    async def agent(self, node: str) -> JsonObject:
        """The agent's pod on a node."""
        query = f"labelSelector=k8s-app%3Dcilium&fieldSelector=spec.nodeName%3D{node}"
        (pod,) = await self.items(f"{SYSTEM}/pods?{query}")
        return pod

    async def exec(
        self,
        pod: str,
        argv: Sequence[str],
        container: str = "cilium-agent",
        protocols: Sequence[str] = ("v5.channel.k8s.io", "v4.channel.k8s.io"),
        timeout: float = 5.0,
    ) -> Exec:
        """Run a command and collect its frames until the server closes."""
        query = "".join(f"&command={word}" for word in argv)
        path = f"{SYSTEM}/pods/{pod}/exec?container={container}&stdout=true&stderr=true{query}"
        url = self.cluster.url + path
        seen = Exec(b"", b"", {}, [])
        async with self.session.ws_connect(
            url,
            protocols=protocols,
            headers=self._headers({}),
            timeout=aiohttp.ClientWSTimeout(ws_receive=timeout),
        ) as socket:
            async for message in socket:
                seen.frames.append(message.data)
                channel, payload = message.data[0], message.data[1:]
                if channel == 1:
                    seen.stdout += payload
                elif channel == 2:
                    seen.stderr += payload
                elif channel == 3:
                    seen.status = msgspec.json.decode(payload)
        return seen

    async def on_agent(self, node: str, *argv: str) -> Exec:
        """Run a command in the agent's container on a node."""
        pod = await self.agent(node)
        return await self.exec(pod["metadata"]["name"], argv)

    async def metrics(self, node: str) -> dict[str, float]:
        """The agent's series by name and labels."""
        pod = await self.agent(node)
        name = pod["metadata"]["name"]
        status, text = await self.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics")
        assert status == 200, text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {series: float(value) for series, _, value in lines}


@pytest.fixture
async def cluster() -> AsyncIterator[SimulatedCluster]:
    """Twelve nodes on which an agent starts in 30 ms."""
    async with SimulatedCluster(12, time_scale=100) as simulated:
        yield simulated


@pytest.fixture
async def api(cluster: SimulatedCluster) -> AsyncIterator[Client]:
    """The cluster-admin's client."""
    async with aiohttp.ClientSession() as session:
        yield Client(cluster, session)
