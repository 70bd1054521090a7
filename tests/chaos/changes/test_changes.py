"""Approved changes while bots are killed, the store dies or forgets, Slack and the API fail.

Every approved effect is in the cluster's ledger exactly once, or the change says truthfully that it
is not known; every change ends or asks a human. ``make chaos N=300`` for more than the few of the
usual suite; prints its figures.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.engine.changes.lock import LASTS
from bot.model.change import Change, ChangeState, StepState, Word
from tests.chaos.changes.world import APPROVER, World, world
from tests.chaos.town import BotProcess

CHANGES = int(os.environ.get("CHAOS_CHANGES", "12"))
WORLDS = 2
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 32)
SCALE = 40.0
NODES = 30
PATIENCE = 60.0
"""Seconds for one change to end, all troubles included."""


@dataclass
class Tally:
    """What became of the changes of one world."""

    troubles: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    clicked_again: int = 0
    effects: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


Trouble = Callable[[World, random.Random, Tally], Awaitable[None]]


async def one_killed(here: World, chance: random.Random, tally: Tally) -> None:
    await _kill(chance.choice(here.bots), tally)


async def both_killed(here: World, chance: random.Random, tally: Tally) -> None:
    await asyncio.gather(*(_kill(bot, tally) for bot in here.bots))


async def _kill(bot: BotProcess, tally: Tally) -> None:
    tally.kills += 1
    await bot.kill()
    await bot.start()


async def store_killed(here: World, chance: random.Random, tally: Tally) -> None:
    here.kill_store()


async def store_forgets(here: World, chance: random.Random, tally: Tally) -> None:
    await here.lose_a_second()


async def slack_throttles(here: World, chance: random.Random, tally: Tally) -> None:
    here.workspace.throttle("chat.update", retry_after=20)
    here.workspace.fail("chat.postMessage", status=500)


async def answer_lost(here: World, chance: random.Random, tally: Tally) -> None:
    here.cluster.inject("api-reply-lost", count=1)


async def answer_lost_and_killed(here: World, chance: random.Random, tally: Tally) -> None:
    await answer_lost(here, chance, tally)
    await one_killed(here, chance, tally)


async def api_away(here: World, chance: random.Random, tally: Tally) -> None:
    fault = here.cluster.inject("api-down")
    await asyncio.sleep(chance.uniform(0.2, 1.5))
    here.cluster.clear(fault.id)


TROUBLES: tuple[Trouble, ...] = (
    *(one_killed, one_killed, both_killed, store_killed, store_forgets),
    *(slack_throttles, answer_lost, answer_lost_and_killed, api_away),
)


@pytest.mark.timeout(120 + 8 * CHANGES)
async def test_every_approved_effect_happens_once_or_a_human_is_asked(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began, each = time.monotonic(), max(1, CHANGES // WORLDS)
    tallies = await asyncio.gather(
        *(story(tmp_path / str(number), SEED + number, each) for number in range(WORLDS))
    )
    record_property("figures", figures(tallies, time.monotonic() - began))
    assert not [wrong for tally in tallies for wrong in tally.wrong]


def figures(tallies: list[Tally], seconds: float) -> str:
    """What was measured, in one paragraph."""
    states = sum((tally.states for tally in tallies), Counter[str]())
    troubles = sum((tally.troubles for tally in tallies), Counter[str]())
    reasons = sum((tally.refusals for tally in tallies), Counter[str]())
    return (
        f"chaos: seed {SEED}, {sum(states.values())} changes, "
        f"{sum(tally.kills for tally in tallies)} kills, "
        f"{sum(tally.effects for tally in tallies)} effects, "
        f"{sum(tally.clicked_again for tally in tallies)} clicks repeated, {seconds:.0f} s\n"
        f"  ends: {dict(states)}\n  troubles: {dict(troubles)}\n  reasons: {dict(reasons)}"
    )


async def story(folder: Path, seed: int, changes: int) -> Tally:
    chance, tally = random.Random(seed), Tally()
    async with world(folder, nodes=NODES, time_scale=SCALE) as here:
        cordoned: list[int] = []
        free = list(range(1, NODES + 1))
        chance.shuffle(free)
        for _ in range(changes):
            if cordoned and chance.random() < 0.5:
                text = f"uncordon node-{cordoned.pop(0)}"
            elif chance.random() < 0.2:
                text = f"restart-agent node-{free[0]}"
                free.append(free.pop(0))
            else:
                text = f"cordon node-{free[0]} --reason chaos"
                cordoned.append(free[0])
                free.append(free.pop(0))
            trouble = chance.choice(TROUBLES)
            await one_change(here, text, trouble, chance, tally)
    return tally


async def one_change(
    here: World, text: str, trouble: Trouble, chance: random.Random, tally: Tally
) -> None:
    """Ask for it, approve it, let the trouble happen meanwhile, and judge how it ended."""
    before = len(here.effects())
    change_id = await here.typed(text)
    troubled = asyncio.create_task(_later(trouble, here, chance, tally))
    said: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            change = await _approve_until_it_ends(here, change_id, before, said, tally)
            await troubled
    except TimeoutError:
        change = await here.change(change_id)
        state = change.state if change else "forgotten"
        tally.wrong.append(f"{text}: neither ends nor asks, but is {state} ({trouble.__name__})")
        with suppress(Exception):
            await troubled
        return
    effects = here.effects()[before:]
    tally.effects += len(effects)
    tally.troubles[trouble.__name__] += 1
    tally.states[change.state if change else "forgotten"] += 1
    if change is not None and change.state in (ChangeState.REFUSED, ChangeState.FAILED):
        tally.refusals[change.outcome[:100]] += 1
    if change is None:
        await asyncio.sleep(LASTS / SCALE)  # until its lock lapses, which nobody knows to release
    if wrong := judged(change, [f"{one.verb} {one.name}" for one in effects], trouble):
        tally.wrong.append(f"{text} ({trouble.__name__}): {wrong}")


async def _later(trouble: Trouble, here: World, chance: random.Random, tally: Tally) -> None:
    await asyncio.sleep(chance.uniform(0.0, 1.2))
    await trouble(here, chance, tally)


async def _approve_until_it_ends(
    here: World, change_id: str, before: int, said: list[str], tally: Tally
) -> Change | None:
    """What people do: approve what waits, and say what the cluster shows where it asks."""
    while True:
        change = await here.change(change_id)
        if change is None or change.state.terminal:
            await asyncio.sleep(0.3)
            settled = await here.change(change_id)
            if settled is None or settled.state.terminal:
                return settled
            continue
        if change.state is ChangeState.WAITING:
            if change.ask in said:
                tally.clicked_again += 1
            said.append(change.ask)
            await here.clicked(change_id, Word.APPROVE, APPROVER)
            await asyncio.sleep(0.4)
        elif change.state is ChangeState.UNKNOWN:
            happened = len(here.effects()) > before
            await here.clicked(change_id, Word.HAPPENED if happened else Word.DID_NOT, APPROVER)
            await asyncio.sleep(0.4)
        await asyncio.sleep(0.05)


def judged(change: Change | None, effects: list[str], trouble: Trouble) -> str:
    """What is wrong with how a change ended; empty when nothing is."""
    if len(effects) > 1:
        return f"it happened {len(effects)} times: {effects}"
    if change is None:
        return "" if trouble is store_forgets else "it is forgotten"
    done = [step for step in change.steps if step.state is StepState.DONE]
    if change.state is ChangeState.DONE and not effects:
        return "it is said to be done and did not happen"
    if effects and not done and change.state not in (ChangeState.UNVERIFIED, ChangeState.FAILED):
        forgets = trouble is store_forgets
        return "" if forgets else f"it happened and {change.state} does not say so"
    return ""
