"""Approved rollbacks while helm, bots and the store are killed: two real bots, one release.

Never two helms at work on it; a change ends as done only when the release is what it should be, or
it asks; and whoever answers by what the release says gets it there. ``CHAOS_ROLLBACKS`` for more.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.change import Change, ChangeState, Word
from bot.playground.helm.program import write_program
from tests.chaos.changes.world import APPROVER, World, world
from tests.clients.kubernetes.serving import using

ROLLBACKS = int(os.environ.get("CHAOS_ROLLBACKS", "5"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 32)
SCALE = 40.0
PATIENCE = 90.0
CILIUM = ReleaseName("kube-system", "cilium")

History = Callable[[], Awaitable[tuple[Revision, ...]]]


@dataclass
class Watch:
    """The helms that roll back, as the machine knows them."""

    program: Path
    most: int = 0
    seen: set[int] = field(default_factory=set)

    def now(self) -> list[int]:
        """Their processes."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdecimal():
                    said = (entry / "environ").read_bytes()
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if b"rollback" in words and str(self.program).encode() in said + b" ".join(
                        words
                    ):
                        found.append(int(entry.name))
        return found

    async def look(self) -> None:
        """Count them until cancelled."""
        while True:
            at_work = await asyncio.to_thread(self.now)
            self.seen |= set(at_work)
            self.most = max(self.most, len(at_work))
            await asyncio.sleep(0.01)


def marked(program: Path) -> Path:
    """``program``, so that its processes can be told from those of other tests."""
    other = program.with_name("marked-helm")
    other.write_text(f'#!/bin/sh\nCHAOS={other} exec {program} "$@"\n')
    other.chmod(0o755)
    return other


@asynccontextmanager
async def watched(program: Path) -> AsyncIterator[Watch]:
    watch = Watch(program)
    task = asyncio.create_task(watch.look())
    try:
        yield watch
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def helm_killed(here: World, watch: Watch, chance: random.Random) -> None:
    for pid in await _until_at_work(watch):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def its_bot_killed(here: World, watch: Watch, chance: random.Random) -> None:
    await _until_at_work(watch)
    await asyncio.gather(*(bot.kill() for bot in here.bots))
    await asyncio.sleep(0.2)
    assert not watch.now(), "a helm lives on without its bot"
    await asyncio.gather(*(bot.start() for bot in here.bots))


async def one_killed(here: World, watch: Watch, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(0.0, 1.5))
    bot = chance.choice(here.bots)
    await bot.kill()
    await bot.start()


async def store_killed(here: World, watch: Watch, chance: random.Random) -> None:
    await _until_at_work(watch)
    here.kill_store()


async def nothing(here: World, watch: Watch, chance: random.Random) -> None:
    """A rollback in peace."""


TROUBLES = (helm_killed, its_bot_killed, store_killed, one_killed, nothing)


async def _until_at_work(watch: Watch) -> list[int]:
    ends = asyncio.get_running_loop().time() + 15.0
    while asyncio.get_running_loop().time() < ends:
        if at_work := await asyncio.to_thread(watch.now):
            return at_work
        await asyncio.sleep(0.005)
    return []


@pytest.mark.timeout(120 + 60 * ROLLBACKS)
async def test_a_rollback_is_done_once_or_a_human_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, ends = random.Random(SEED), Counter[str]()
    (tmp_path / "bin").mkdir()
    program = marked(write_program(tmp_path / "bin"))
    async with (
        world(tmp_path / "world", nodes=3, time_scale=SCALE, helm=str(program)) as here,
        using(tmp_path / "world" / "kubeconfig") as cluster,
        watched(program) as watch,
    ):

        async def history() -> tuple[Revision, ...]:
            return await cluster.releases.history(CILIUM)

        for number in range(ROLLBACKS):
            trouble = TROUBLES[number % len(TROUBLES)]
            target = (2, 3)[number % 2]
            before = (await history())[-1].number
            change_id = await here.typed(f"rollback {target}")
            troubled: asyncio.Task[None] | None = None
            async with asyncio.timeout(PATIENCE):
                while True:
                    change = await here.change(change_id)
                    assert change is not None
                    if change.state.terminal:
                        break
                    if change.state is ChangeState.WAITING:
                        await here.clicked(change_id, Word.APPROVE, APPROVER)
                        if troubled is None:
                            troubled = asyncio.create_task(trouble(here, watch, chance))
                        await asyncio.sleep(0.4)
                    elif change.state is ChangeState.UNKNOWN:
                        await here.clicked(
                            change_id, what_is_seen(await history(), before, target), APPROVER
                        )
                        await asyncio.sleep(0.4)
                    await asyncio.sleep(0.05)
            if troubled is not None:
                await troubled
            ends[f"{trouble.__name__}: {change.state}"] += 1
            judge(change, await history(), before, target, trouble.__name__)
    with capsys.disabled():
        print(f"\nchaos of rollbacks: seed {SEED}, {len(watch.seen)} helms, {dict(ends)}")  # noqa: T201
    assert watch.most == 1, "two helms at work on one release"


def what_is_seen(found: tuple[Revision, ...], before: int, target: int) -> Word:
    """What a person says who looks at the release."""
    newest = found[-1]
    there = newest.number > before and newest.description == f"Rollback to {target}"
    done = there and newest.state is ReleaseState.DEPLOYED
    return Word.HAPPENED if done else Word.DID_NOT


def judge(
    change: Change, found: tuple[Revision, ...], before: int, target: int, trouble: str
) -> None:
    """The release is what the change says."""
    assert [one.state for one in found].count(ReleaseState.DEPLOYED) == 1, (trouble, found)
    ours = [
        one
        for one in found
        if one.number > before and one.state in (ReleaseState.DEPLOYED, ReleaseState.SUPERSEDED)
    ]
    assert change.state is ChangeState.DONE, (trouble, change.state, change.outcome)
    assert [one.description for one in ours] == [f"Rollback to {target}"], (trouble, found)
