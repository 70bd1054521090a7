"""The door on a real HTTP server, beside a local Slack workspace, with runbooks made for tests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, cast
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.authoring import NodeName, Report, Run, Table, runbook
from bot.clients.cluster import Cluster
from bot.engine.executor import Executor
from bot.engine.registry import Registry
from bot.model.errors import NotFound, Unreachable
from bot.playground.slack import Workspace
from bot.slack.door import SlackDoor
from tests.slack.reports import FAILED, OK

NODES = ["node-1", "node-2", "node-7"]


@runbook("status")
async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report:
    """Health of the Cilium agents, cluster-wide or on one node.

    With --deep every agent is asked.
    """
    return FAILED if node == "node-7" else OK


@runbook("slow")
async def slow(run: Run) -> Report:
    """Takes its time, and says how far it is."""
    for done in range(25):
        run.progress("asking agents", done, 25)
        await asyncio.sleep(0.1)
    return OK


@runbook("stuck")
async def stuck(run: Run) -> Report:
    """Cannot reach its cluster."""
    raise Unreachable("The API server of lab does not answer.", hint="Check its address.")


@runbook("flows")
async def flows(run: Run, *, verdict: Literal["dropped", "forwarded"] = "dropped") -> Report:
    """Flows with one verdict."""
    return OK


@runbook("wide")
async def wide(run: Run) -> Report:
    """A table that Slack does not take."""
    rows = tuple((f"node-{number}", "ok") for number in range(1, 121))
    table = Table(title="Agents", columns=("Node", "Agent"), rows=rows)
    return msgspec.structs.replace(OK, tables=(table,))


@dataclass
class Reads:
    """Knows three nodes."""

    async def node(self, name: str) -> Any:
        if name not in NODES:
            raise NotFound(f"no node {name}")
        return type("Node", (), {"name": name})

    async def node_names(self) -> list[str]:
        return NODES


@dataclass
class OneCluster:
    name: str
    reads: Reads


def clusters(*names: str) -> dict[str, Cluster]:
    return {name: cast("Cluster", OneCluster(name, Reads())) for name in names}


def registry() -> Registry:
    module = ModuleType(__name__)
    vars(module).update(flows=flows, slow=slow, stuck=stuck, status=status, wide=wide)
    return Registry.of([module])


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with Workspace() as running:
        yield running


@dataclass
class House:
    """A door that is open, and everything around it."""

    door: SlackDoor
    executor: Executor
    workspace: Workspace
    url: str
    http: aiohttp.ClientSession

    async def send(
        self,
        body: bytes,
        *,
        timestamp: str | None = None,
        signature: str | None = None,
        content_type: str = "application/x-www-form-urlencoded",
    ) -> tuple[int, str]:
        """A request as Slack signs it, unless told to sign it otherwise."""
        timestamp = timestamp or str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or self.sign(timestamp, body),
        }
        async with self.http.post(self.url, data=body, headers=headers) as response:
            return response.status, await response.text()

    def sign(self, timestamp: str, body: bytes) -> str:
        base = b"v0:" + timestamp.encode() + b":" + body
        secret = self.workspace.signing_secret.encode()
        return "v0=" + hmac.new(secret, base, hashlib.sha256).hexdigest()

    def form(self, text: str, **fields: str) -> bytes:
        """The body of ``/cilium TEXT``."""
        known = {
            "command": "/cilium",
            "text": text,
            "channel_id": self.workspace.channels["cilium-oncall"],
            "user_id": "U0PLAYANA01",
            "user_name": "ana",
            "response_url": f"{self.workspace.api_url}none",
        }
        return urlencode({**known, **fields}).encode()


@pytest.fixture
async def house(workspace: Workspace) -> AsyncIterator[House]:
    executor = Executor(registry(), clusters("prod-eu", "lab"))
    door = SlackDoor(
        executor,
        bot_token=workspace.bot_token,
        signing_secret=workspace.signing_secret,
        api_url=workspace.api_url,
        channels={workspace.channels["cilium-oncall"]: "prod-eu"},
    )
    app = web.Application()
    app.add_routes(door.routes())
    server = TestServer(app)
    await server.start_server()
    await door.start()
    workspace.bot_url = str(server.make_url("/slack/events"))
    async with aiohttp.ClientSession() as http:
        yield House(door, executor, workspace, workspace.bot_url, http)
    await executor.close()
    await door.outbox.close(patience=0.5)
    await door.close()
    await server.close()
