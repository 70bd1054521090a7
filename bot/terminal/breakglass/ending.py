"""The end of a breakglass change: whether its checks hold, and what is left for people to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console

from bot.engine.remedy import Remedy
from bot.model.change import Check
from bot.model.change_document import ChangeDocument
from bot.model.expiry import Expiry
from bot.model.time_scale import TimeScale
from bot.terminal.changes import print_checks, print_head
from bot.terminal.lines import print_line
from bot.terminal.plan import INDENT

LOOK_AGAIN = 15.0


@dataclass(frozen=True, slots=True)
class Held:
    """What the last look saw; ``twice`` when all checks held twice, ``why`` when they did not."""

    twice: bool
    checks: tuple[Check, ...]
    why: str = ""


async def proven(
    remedy: Remedy,
    look: Callable[[], Awaitable[tuple[Check, ...]]],
    console: Console,
    stopped: asyncio.Event,
    scale: TimeScale,
) -> Held:
    """Whether all checks hold twice, ``verify_apart`` seconds apart, within ``verify_within``."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + scale.seconds(remedy.verify_within)
    held_once = False
    checks: tuple[Check, ...] = ()
    shown: tuple[Check, ...] = ()
    while not stopped.is_set():
        checks = await look()
        if checks != shown:
            print_checks(console, "now", checks)
            shown = checks
        holds = bool(checks) and all(check.held for check in checks)
        if holds and held_once:
            return Held(True, checks)
        if not holds and loop.time() >= ends:
            return Held(
                False, checks, f"Carried out, but its checks do not hold: {_missing(checks)}"
            )
        held_once = holds
        if holds:
            print_line(console, (f"All hold. Once more in {remedy.verify_apart:.0f} s.", "dim"))
        with suppress(TimeoutError):
            async with asyncio.timeout(scale.seconds(remedy.verify_apart if holds else LOOK_AGAIN)):
                await stopped.wait()
    return Held(False, checks, "Carried out; you ended the checks early.")


def _missing(checks: Sequence[Check]) -> str:
    told = [f"{c.name} ({c.said})" if c.said else c.name for c in checks if not c.held]
    return "; ".join(told) or "they could not be asked"


def print_end(
    console: Console,
    change: ChangeDocument,
    expiries: Sequence[Expiry],
    unwritten: Sequence[str],
) -> None:
    """How it ended, what must be taken back by hand, and what to write into the audit."""
    console.print()
    print_head(console, change)
    if change.plan is not None and change.acted:
        print_line(console, (f"{INDENT}undo: {change.plan.undo}", ""))
    if expiries:
        print_line(console, ("Take back by hand: no bot has promised to", "bold yellow"))
    for expiry in expiries:
        what = f"{INDENT}{expiry.what}: to be {expiry.then} by {expiry.at:%Y-%m-%d %H:%M UTC}"
        print_line(console, (what, ""))
    if unwritten:
        print_line(console, ("Events that could not be written", "bold yellow"))
        for line in unwritten:
            print_line(console, (INDENT + line, ""))
    print_line(console, ("Once the bot is back, post this where the incident is kept", "bold"))
    print_line(console, (INDENT + account(change), ""))
    print_line(console, (f"{INDENT}Events are forgotten after an hour: keep this output.", "dim"))


def account(change: ChangeDocument) -> str:
    """Everything for those who keep the audit, in one line."""
    steps = ", ".join(f"{step.name} {step.state}" for step in change.steps) or "none"
    title = change.plan.title if change.plan else change.remedy
    began = f"{change.began_at:%Y-%m-%dT%H:%M:%SZ}" if change.began_at else "never"
    ended = f"{change.ended_at:%Y-%m-%dT%H:%M:%SZ}" if change.ended_at else "never"
    return (
        f"breakglass {change.change} on {change.cluster}: {title}; by {change.requester.name}; "
        f"incident {change.incident}; reason: {change.reason}; began {began}, ended {ended} "
        f"as {change.state}; steps: {steps}; plan {change.digest}"
    )
