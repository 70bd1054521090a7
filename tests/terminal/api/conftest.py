"""The API on a real HTTP server, in front of a simulated cluster that knows the tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.token_review import TokenReviews
from bot.model.access import ANY, AccessRules, Action, Effect, Person, Rule
from bot.playground.cluster import SimulatedCluster
from bot.terminal.api.callers import Callers
from bot.terminal.api.routes import Changes, ChangesApi, Understand
from bot.terminal.api.wire import AUDIENCE
from tests.clients.kubernetes.serving import using
from tests.terminal.api.engine import KeptChanges, understand

REVIEW = {
    "namespace": None,
    "apiGroups": ["authentication.k8s.io"],
    "resources": ["tokenreviews"],
    "verbs": ["create"],
}
PEOPLE = {"ana": "U0ANA", "bo": "U0BO", "cy": "U0CY"}
WIDE = frozenset([ANY])
RULES = AccessRules(
    rules=(
        Rule(
            name="ana looks",
            effect=Effect.ALLOW,
            place="access.yaml:1",
            actions=frozenset([Action.RUN]),
            users=frozenset(["U0ANA"]),
            commands=WIDE,
            clusters=WIDE,
            channels=WIDE,
        ),
    )
)


@dataclass
class Served:
    """The API, and who can speak to it."""

    simulated: SimulatedCluster
    cluster: Cluster
    engine: KeptChanges
    url: str
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, who: str | None = "ana", **more: Any
    ) -> tuple[int, Any]:
        """Status and body of a request of ``who``."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        async with self.http.request(
            method, f"{self.url}/api/v1{path}", headers=headers, **more
        ) as answer:
            return answer.status, await answer.json()

    @property
    def reviews(self) -> int:
        """How often a token was reviewed."""
        kind = ("create", "authentication.k8s.io", "tokenreviews", "")
        return self.simulated.requests[kind]

    async def asked(self, who: str = "ana") -> Any:
        """A change that ``who`` asked for."""
        wanted = {"command": ["restart-agent", "node-1"], "cluster": "lab", "reason": "it hangs"}
        status, body = await self.call("POST", "/changes", who, json=wanted)
        assert status == 201, body
        return body


async def everybody(user: str) -> Person:
    return Person(id=user)


@asynccontextmanager
async def served(
    folder: Path,
    *,
    api_server_tokens: bool = False,
    person: Callable[[str], Awaitable[Person]] = everybody,
    without: str = "",
    changes: Changes | None = None,
    read: Understand = understand,
    people: Mapping[str, str] = PEOPLE,
) -> AsyncIterator[Served]:
    """An API in front of a cluster of its own."""
    engine = KeptChanges()
    async with SimulatedCluster(1) as simulated:
        bot = simulated.add_user("bot", [REVIEW])
        kubeconfig = simulated.write_kubeconfig(folder / "bot", token=bot.token)
        async with using(kubeconfig) as cluster:
            callers = Callers(
                TokenReviews(cluster.api), people, person, api_server_tokens=api_server_tokens
            )
            api = ChangesApi(
                None if without else changes or engine, callers, read, RULES, why_none=without
            )
            app = web.Application()
            app.add_routes(api.routes())
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
            async with aiohttp.ClientSession() as http:
                found = Served(simulated, cluster, engine, f"http://127.0.0.1:{port}", http)
                for name in (*people, "dee"):
                    user = simulated.add_user(name)
                    found.tokens[name] = simulated.issue_token(user, AUDIENCE)
                    found.tokens[f"{name} at the API server"] = user.token
                    found.tokens[f"{name} elsewhere"] = simulated.issue_token(user, "vault")
                yield found
            await runner.cleanup()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as found:
        yield found
