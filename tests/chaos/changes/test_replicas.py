"""Two real bots on one store carry rollbacks: any takes any click, either goes on for the other.

Never two helms at work on one release; whoever goes on reads the release first, and the change ends
as done or asks; and the Slack message says what became of it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision
from bot.clients.helm.releases import Releases
from bot.model.change import Change, ChangeState, Word
from runbooks.release.rollback.helm_step import HELM_TAKES
from tests.chaos.changes.helms import Helms
from tests.chaos.changes.world import APPROVER, REQUESTER, World, world
from tests.chaos.town import CHANNEL, BotProcess, key_of
from tests.clients.kubernetes.serving import using

SCALE = 40.0
PATIENCE = 60.0
CILIUM = ReleaseName("kube-system", "cilium")
TARGET = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """A world whose bots share a watched helm, and the release they roll back."""

    world: World
    helms: Helms
    releases: Releases

    async def history(self) -> tuple[Revision, ...]:
        return await self.releases.history(CILIUM)

    async def until(self, change_id: str, *states: ChangeState) -> Change:
        """Wait until the change is in one of ``states``, or has ended."""
        change = None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    change = await self.world.change(change_id)
                    if change and (change.state in states or change.state.terminal):
                        return change
                    await asyncio.sleep(0.02)
        raise AssertionError(f"not {' or '.join(states)}, but {change and change.state}")

    async def said(
        self, change_id: str, word: Word, by: BotProcess | None = None, user: str = APPROVER
    ) -> None:
        """Press the button until the word is kept: a message may be about to change."""
        async with asyncio.timeout(PATIENCE):
            while True:
                change = await self.world.change(change_id)
                assert change is not None
                if change.said(word) or change.state.terminal:
                    return
                await self.world.clicked(change_id, word, user, by)
                await asyncio.sleep(0.1)

    async def approved(self, by: BotProcess, typed_by: BotProcess) -> str:
        """A rollback that one bot was asked for and that was approved through another."""
        change_id = await self.world.typed(f"rollback {TARGET}", typed_by)
        await self.until(change_id, ChangeState.WAITING)
        await self.said(change_id, Word.APPROVE, by)
        return change_id

    async def ended(self, change_id: str, before: int, by: BotProcess | None = None) -> Change:
        """How it ended, with people who approve anew and say what the release shows."""
        while True:
            change = await self.until(change_id, ChangeState.WAITING, ChangeState.UNKNOWN)
            if change.state.terminal:
                return change
            word = Word.APPROVE
            if change.state is ChangeState.UNKNOWN:
                there = _made(await self.history(), before)
                word = Word.HAPPENED if there else Word.DID_NOT
            await self.world.clicked(change_id, word, APPROVER, by)
            await asyncio.sleep(0.2)

    async def is_done(self, change: Change, before: int) -> None:
        """The change, the release and the message say the same, and no two helms overlapped."""
        assert change.state is ChangeState.DONE, (change.state, change.outcome)
        found = await self.history()
        assert [one.state for one in found].count(ReleaseState.DEPLOYED) == 1
        assert len(_made(found, before)) == 1, found
        assert not self.helms.overlapped, "two helms at work on one release"
        assert not self.helms.at_work()
        async with asyncio.timeout(PATIENCE):
            while "DONE" not in self.world.live()[change.id].text:
                await asyncio.sleep(0.02)
        shown = self.world.workspace.messages(CHANNEL)
        assert [key_of(one) for one in shown].count(change.id) == 1


def _made(found: tuple[Revision, ...], before: int) -> list[Revision]:
    """The revisions that went back and were deployed."""
    deployed = (ReleaseState.DEPLOYED, ReleaseState.SUPERSEDED)
    newer = [one for one in found if one.number > before and one.state in deployed]
    return [one for one in newer if one.description == f"Rollback to {TARGET}"]


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    helms = Helms.make(folder / "bin")
    async with (
        world(folder / "world", nodes=3, time_scale=SCALE, helm=str(helms.program)) as here,
        using(folder / "world" / "kubeconfig") as cluster,
    ):
        yield Scene(here, helms, cluster.releases)


def carrier_of(pid: int, bots: list[BotProcess]) -> tuple[BotProcess, BotProcess]:
    """The bot that is process ``pid``, and the other."""
    (carrier,) = [one for one in bots if one.process and one.process.pid == pid]
    (other,) = [one for one in bots if one is not carrier]
    return carrier, other


@pytest.mark.timeout(120)
async def test_any_replica_takes_any_click(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        first, second = here.world.bots
        before = (await here.history())[-1].number

        taken_back = await here.world.typed(f"rollback {TARGET}", first)
        await here.until(taken_back, ChangeState.WAITING)
        await here.said(taken_back, Word.WITHDRAW, second, REQUESTER)
        ended = await here.until(taken_back, ChangeState.WITHDRAWN)
        assert ended.state is ChangeState.WITHDRAWN
        assert not here.helms.begun

        change_id = await here.approved(typed_by=first, by=second)
        await here.is_done(await here.ended(change_id, before), before)
        assert len(here.helms.begun) == 1


@pytest.mark.timeout(120)
async def test_a_killed_carrier_s_helm_that_did_nothing_is_begun_again_when_it_must_be_gone(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as here:
        before = (await here.history())[-1].number
        change_id = await here.approved(*here.world.bots)
        helm = await here.helms.next()
        assert helm is not None
        carrier, other = carrier_of(helm.bot, here.world.bots)
        await carrier.kill()
        killed = time.monotonic()

        again = await here.helms.next(known=1)
        waited = time.monotonic() - killed
        assert again is not None
        assert other.process is not None
        assert again.bot == other.process.pid
        assert waited > HELM_TAKES / SCALE, "the first helm could have been at work still"
        await here.is_done(await here.ended(change_id, before, other), before)
        assert len(here.helms.begun) == 2


@pytest.mark.timeout(120)
async def test_a_killed_carrier_s_helm_in_the_middle_is_asked_about_through_the_other(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as here:
        before = (await here.history())[-1].number
        change_id = await here.approved(*here.world.bots)
        helm = await here.helms.next()
        assert helm is not None
        carrier, other = carrier_of(helm.bot, here.world.bots)
        await here.helms.stopped_in_the_middle(helm, here.history)
        await carrier.kill()

        asking = await here.until(change_id, ChangeState.UNKNOWN)
        assert asking.state is ChangeState.UNKNOWN, asking.outcome
        assert len(here.helms.begun) == 1, "a helm was begun before anybody said so"
        assert (await here.history())[-1].state.pending
        await here.said(change_id, Word.DID_NOT, other)
        await here.is_done(await here.ended(change_id, before, other), before)
        assert len(here.helms.begun) == 2


@pytest.mark.timeout(120)
async def test_a_carrier_that_hangs_while_its_helm_works_is_not_helped_by_a_second_helm(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as here:
        before = (await here.history())[-1].number
        change_id = await here.approved(*here.world.bots)
        helm = await here.helms.next()
        assert helm is not None
        carrier, other = carrier_of(helm.bot, here.world.bots)
        os.kill(helm.bot, signal.SIGSTOP)
        try:
            done = await here.ended(change_id, before, other)
            await here.is_done(done, before)
        finally:
            os.kill(helm.bot, signal.SIGCONT)
        await asyncio.sleep(0.5)  # it finds what it was at, and that it is not its own any more
        assert await here.world.change(change_id) == done
        assert len(_made(await here.history(), before)) == 1
        assert len(here.helms.begun) == 1
        assert carrier.process is not None
        assert carrier.process.is_alive()


@pytest.mark.timeout(120)
async def test_a_rolling_restart_of_the_bots_loses_no_rollback(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        before = (await here.history())[-1].number
        change_id = await here.approved(*here.world.bots)
        helm = await here.helms.next()
        assert helm is not None
        for bot in carrier_of(helm.bot, here.world.bots):
            await bot.terminate()
            assert all(one.bot != helm.bot for one in here.helms.at_work()), "a helm stayed behind"
            await bot.start()
        await here.is_done(await here.ended(change_id, before), before)


def test_two_helms_at_once_are_noticed(tmp_path: Path) -> None:
    """What the others rest on."""
    helms = Helms.make(tmp_path / "bin")
    (helms.folder / "playground" / "helm").write_text("#!/bin/sh\nexec sleep 30\n")
    started = [subprocess.Popen([helms.program, "rollback"]) for _ in range(2)]
    try:
        ends = time.monotonic() + 10
        while not (helms.overlapped and len(helms.begun) == 2) and time.monotonic() < ends:
            time.sleep(0.01)
        assert len(helms.overlapped) == 1
        assert {one.pid for one in helms.begun} == {one.pid for one in started}
    finally:
        for one in started:
            one.kill()
            one.wait()
