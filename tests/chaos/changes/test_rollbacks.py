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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.change import Change, ChangeState, Word
from tests.chaos.changes.helms import Helms
from tests.chaos.changes.world import APPROVER, World, world
from tests.clients.kubernetes.serving import using

ROLLBACKS = int(os.environ.get("CHAOS_ROLLBACKS", "5"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 32)
SCALE = 40.0
PATIENCE = 90.0
CILIUM = ReleaseName("kube-system", "cilium")


async def helm_killed(here: World, helms: Helms, chance: random.Random) -> None:
    if (one := await helms.next()) is not None:
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


async def its_bot_killed(here: World, helms: Helms, chance: random.Random) -> None:
    await helms.next()
    await asyncio.gather(*(bot.kill() for bot in here.bots))
    await asyncio.sleep(0.2)
    assert not helms.at_work(), "a helm lives on without its bot"
    await asyncio.gather(*(bot.start() for bot in here.bots))


async def one_killed(here: World, helms: Helms, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(0.0, 1.5))
    bot = chance.choice(here.bots)
    await bot.kill()
    await bot.start()


async def store_killed(here: World, helms: Helms, chance: random.Random) -> None:
    await helms.next()
    here.kill_store()


async def nothing(here: World, helms: Helms, chance: random.Random) -> None:
    """A rollback in peace."""


TROUBLES = (helm_killed, its_bot_killed, store_killed, one_killed, nothing)


@pytest.mark.timeout(120 + 60 * ROLLBACKS)
async def test_a_rollback_is_done_once_or_a_human_is_asked(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, ends = random.Random(SEED), Counter[str]()
    helms = Helms.make(tmp_path / "bin")
    async with (
        world(tmp_path / "world", nodes=3, time_scale=SCALE, helm=str(helms.program)) as here,
        using(tmp_path / "world" / "kubeconfig") as cluster,
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
                            troubled = asyncio.create_task(trouble(here, helms, chance))
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
    told = f"chaos of rollbacks: seed {SEED}, {len(helms.begun)} helms, {dict(ends)}"
    record_property("figures", told)
    assert helms.begun
    assert not helms.overlapped, "two helms at work on one release"


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
