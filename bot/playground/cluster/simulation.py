"""SimulatedCluster: a Kubernetes cluster with Cilium that lives in this process."""

from __future__ import annotations

import gc
import json
import os
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .access import User
from .api.server import TOKEN_PATH, ApiServer
from .chart.release import Release
from .clock import Clock
from .controllers.loop import ControlLoop
from .faults import Fault, FaultBoard
from .faults.scene import Scene
from .inventory import populate
from .ledger import Action, Mutation
from .machines import Fleet
from .store import ObjectStore
from .world import World

MOST_NODES = 5_000


class SimulatedCluster:
    """Use as ``async with``; it serves on 127.0.0.1 until the block ends.

    ``exec_latency`` is in real seconds; ``time_scale`` divides every other duration (an agent's
    start, back-offs, lease renewals). ``ValueError`` for a size or version that is not modelled.
    """

    def __init__(
        self,
        nodes: int = 12,
        workload_pods_per_node: int = 4,
        cilium: str = "1.18.6",
        *,
        exec_latency: float = 0.0,
        ssl_context: ssl.SSLContext | None = None,
        time_scale: float = 1.0,
        agent_metrics: bool = True,
        port: int = 0,
    ) -> None:
        if not 1 <= nodes <= MOST_NODES:
            raise ValueError(f"nodes must be 1 to {MOST_NODES}, not {nodes}")
        if time_scale <= 0:
            raise ValueError(f"time_scale must be above 0, not {time_scale:g}")
        clock = Clock(time_scale)
        self._world = World(
            store=ObjectStore(clock),
            clock=clock,
            fleet=Fleet(nodes),
            release=Release(cilium.removeprefix("v"), agent_metrics),
            exec_latency=exec_latency,
        )
        self._world.fleet.metrics_served = agent_metrics
        self._admin = self._world.access.add_admin("kubernetes-admin")
        self._loop = ControlLoop(self._world)
        self._api = ApiServer(self._world, ssl_context)
        self._board = FaultBoard(Scene(self._world, self._loop, self._api.switch))
        self._api.board = self._board
        self._port = port
        self._workload_pods_per_node = workload_pods_per_node

    async def __aenter__(self) -> Self:
        # Nothing of what is built here is garbage: looking for some takes a third of the time.
        gc.disable()
        try:
            populate(self._world, self._loop, self._workload_pods_per_node)
        finally:
            gc.enable()
        self._loop.start()
        await self._api.start(self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._loop.stop()
        await self._api.stop()

    # Reaching it

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, https with an ssl_context."""
        return self._api.url

    @property
    def token(self) -> str:
        """The bearer token of the cluster-admin."""
        return self._admin.token

    def add_user(
        self,
        name: str,
        rules: Sequence[Mapping[str, Any]] | None = None,
        token: str | None = None,
        *,
        groups: Sequence[str] = (),
        audiences: Sequence[str] = (),
    ) -> User:
        """Add a user with rules written as in a Role, plus ``namespace`` (None: cluster-wide).

        A token for other ``audiences`` than the API server opens nothing here; a TokenReview that
        asks for them knows it.
        """
        return self._world.access.add(name, rules, token, tuple(groups), tuple(audiences))

    def issue_token(self, user: User, *audiences: str) -> str:
        """One more token of ``user``, good for ``audiences`` alone, as TokenRequest gives."""
        return self._world.access.issue(user, audiences).token

    def expire_token(self, token: str) -> None:
        """From now on ``token`` is refused."""
        self._world.access.expire(token)

    def write_kubeconfig(
        self,
        path: Path,
        *,
        token: str | None = None,
        context: str = "playground",
        ca_file: Path | None = None,
        for_kubectl: bool = False,
    ) -> Path:
        """Write a kubeconfig readable by its owner only; JSON, which every client accepts.

        kubectl sends no token over plain HTTP: ``for_kubectl`` puts it into the server's URL.
        """
        server: dict[str, Any] = {"server": self.url}
        if for_kubectl:
            server["server"] = f"{self.url}{TOKEN_PATH}{token or self.token}"
        if ca_file is not None:
            server["certificate-authority"] = str(ca_file)
        names = {"cluster": context, "user": context}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": context, "cluster": server}],
            "users": [{"name": context, "user": {"token": token or self.token}}],
            "contexts": [{"name": context, "context": names}],
            "current-context": context,
        }
        path.touch(mode=0o600)
        os.chmod(path, 0o600)  # noqa: PTH101 - the file may have existed with a wider mode
        path.write_text(json.dumps(config, indent=2) + "\n")
        return path

    # Breaking it

    def inject(self, name: str, target: str | None = None, **options: Any) -> Fault:
        """Put a fault in; ``ValueError`` names the nearest known fault, node or option."""
        return self._board.inject(name, target, **options)

    def clear(self, fault_id: str) -> None:
        """Take one fault out; ``ValueError`` when it is not active."""
        self._board.clear(fault_id)

    def clear_all(self) -> None:
        """Take every fault out."""
        self._board.clear_all()

    @property
    def faults(self) -> list[Fault]:
        """Active faults, oldest first."""
        return self._board.active

    # Looking into it

    @property
    def objects(self) -> ObjectStore:
        """The store: ``get``, ``put``, ``delete`` by plural, name and namespace."""
        return self._world.store

    @property
    def ledger(self) -> list[Mutation]:
        """Every mutating request so far, dry runs and refusals included."""
        return self._world.ledger.mutations

    @property
    def requests(self) -> Counter[Action]:
        """(verb, group, resource, subresource) -> how often; exec counts as a get."""
        return self._world.ledger.requests

    @property
    def execs_in_flight_peak(self) -> int:
        """The most exec sessions that were open at once."""
        return self._world.ledger.execs_in_flight_peak

    async def settle(self) -> None:
        """Wait until controllers have nothing pending and a switched API server listens."""
        await self._api.switched()
        await self._loop.settle()
