"""A cluster, a store, a workspace and two bots: here changes are asked for and approved."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.change import Change, ChangeState, Word
from bot.model.errors import OncallError
from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.ledger import Mutation
from bot.playground.slack import Workspace
from bot.playground.slack.records import Message
from bot.store.changes import StoredChanges
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from tests.chaos.town import CHANNEL, BotProcess, key_of

REQUESTER, APPROVER = "ana", "ben"
ASKS = (ChangeState.WAITING, ChangeState.UNKNOWN, ChangeState.CONFIRMING)
HEARS_NOTHING = 8.0
"""Seconds after which somebody types a command again."""
SECOND = 1.0
"""What a store may lose that syncs every second."""


@dataclass
class World:
    """What happens in it is done by people: they type, click, and click again when Slack fails."""

    cluster: SimulatedCluster
    workspace: Workspace
    store: EmbeddedStore
    changes: StoredChanges
    folder: Path
    bots: list[BotProcess] = field(default_factory=list)
    user: str = ""
    """The bots, as the cluster knows them."""
    _history: dict[Path, list[tuple[float, int]]] = field(default_factory=dict)
    """How long the store's files were when."""

    async def typed(self, text: str, by: BotProcess | None = None) -> str:
        """Type a command until it became a change, as people do who were told that it did not
        (Slack failed, the store is away) or hear nothing (the store forgot); the change's id.

        ``by`` gets it, or any."""
        async with asyncio.timeout(60):
            while True:
                before = set(self.live())
                for bot in [by] if by else self.bots:
                    self.workspace.bot_url = bot.url
                    ack = await self.workspace.command(
                        "/cilium", text, user=REQUESTER, channel=CHANNEL
                    )
                    if ack.status == 200 and (new := await self._new(before)):
                        return new
                await asyncio.sleep(0.1)

    async def _new(self, before: set[str]) -> str:
        ends = asyncio.get_running_loop().time() + HEARS_NOTHING
        while asyncio.get_running_loop().time() < ends:
            if new := set(self.live()) - before:
                return new.pop()
            await asyncio.sleep(0.02)
        return ""

    def live(self) -> dict[str, Message]:
        """The live messages of changes, by the change's id."""
        shown = self.workspace.messages(CHANNEL)
        ours = [one for one in shown if one.bot and not one.thread_ts and not one.ephemeral_to]
        return {key_of(one): one for one in ours if key_of(one).startswith("c-")
                and "/" not in key_of(one)}  # fmt: skip

    async def clicked(
        self, change_id: str, word: Word, user: str = APPROVER, by: BotProcess | None = None
    ) -> None:
        """Press the button of the live message, if it is there and a bot is up; ``by`` gets it."""
        message = self.live().get(change_id)
        if message is None:
            return
        for bot in [by] if by else self.bots:
            self.workspace.bot_url = bot.url
            with suppress(KeyError):  # the message says something else by now
                ack = await self.workspace.click(message, f"change.{word.value}", user=user)
                if ack.status == 200:
                    return

    async def change(self, change_id: str) -> Change | None:
        """The change as the store has it; waits for a store that is away."""
        async with asyncio.timeout(20):
            while True:
                with suppress(OncallError):
                    return await self.changes.get(change_id)
                await asyncio.sleep(0.05)

    def effects(self) -> list[Mutation]:
        """What the bots changed in the cluster, the lock aside."""
        return [
            one
            for one in self.cluster.ledger
            if one.effective
            and not one.dry_run
            and one.user == self.user
            and one.resource in ("pods", "nodes")
        ]

    async def lose_a_second(self) -> None:
        """The store dies and comes back without what was written in its last second."""
        written = self.folder / "store" / "appendonlydir"
        now = asyncio.get_running_loop().time()
        await self.store.stop()
        for path, kept in self._older_than(now - SECOND).items():
            if path.exists() and path.stat().st_size > kept:
                os.truncate(path, kept)
        assert written.exists()
        await self.store.start()

    async def watch_sizes(self) -> None:
        """Remember how long the store's files were when."""
        folder = self.folder / "store" / "appendonlydir"
        while True:
            now = asyncio.get_running_loop().time()
            for path in folder.glob("*.incr.aof"):
                self._history.setdefault(path, []).append((now, path.stat().st_size))
                del self._history[path][:-400]
            await asyncio.sleep(0.02)

    def _older_than(self, moment: float) -> dict[Path, int]:
        return {
            path: max((size for at, size in sizes if at <= moment), default=sizes[0][1])
            for path, sizes in self._history.items()
            if sizes
        }

    def kill_store(self) -> None:
        """The store dies; it is started again by whoever watches it."""
        if self.store.pid:
            with suppress(ProcessLookupError):
                os.kill(self.store.pid, signal.SIGKILL)


@asynccontextmanager
async def world(
    folder: Path, *, nodes: int, time_scale: float, cluster_scale: float = 20.0, helm: str = ""
) -> AsyncIterator[World]:
    """A world with two running bots, which run ``helm``."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(
            SimulatedCluster(nodes=nodes, workload_pods_per_node=1, time_scale=cluster_scale)
        )
        kubeconfig = cluster.write_kubeconfig(
            folder / "kubeconfig", context="playground", for_kubectl=bool(helm)
        )
        workspace = await stack.enter_async_context(
            Workspace(signing_secret="s" * 32, time_scale=time_scale)
        )
        store = EmbeddedStore(folder / "store")
        await store.start()
        stack.push_async_callback(store.stop)
        looking = Store(store.address)
        stack.push_async_callback(looking.close)
        made = World(cluster, workspace, store, StoredChanges(looking), folder)
        made.user = "kubernetes-admin"
        watching = asyncio.create_task(made.watch_sizes())
        stack.callback(watching.cancel)
        given = {
            "kubeconfig": str(kubeconfig),
            "channel": workspace.channels[CHANNEL],
            "api_url": workspace.api_url,
            "bot_token": workspace.bot_token,
            "signing_secret": workspace.signing_secret,
            "app_token": "",
            "store": store.address.url,
            "time_scale": str(time_scale),
            "helm": helm,
            "approver": workspace.users[APPROVER],
        }
        for number in range(2):
            bot = BotProcess(given, folder / f"bot-{number}.log")
            stack.push_async_callback(bot.kill)
            made.bots.append(bot)
        await asyncio.gather(*(bot.start() for bot in made.bots))
        yield made
