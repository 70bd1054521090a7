"""What holds a change back, as a table: pure, from what was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.engine.changes.brakes import BrakesSeen, brakes_on, most_restarts
from bot.model.brakes import Freeze, LockState
from bot.model.plan import Plan, Risk
from tests.engine.changes.house import BEN

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
PLAN = Plan(
    cluster="prod",
    remedy="restart-agent",
    parameters={},
    title="Restart",
    risk=Risk.GUARDED,
    target="node/node-7",
    calls=(),
    undo="none",
    checks=(),
    stops_when=(),
    agent_restarts=1,
)
FREEZE = Freeze(cluster="prod", reason="sale", by=BEN, at=NOW, until=NOW + timedelta(hours=1))
LOCK = LockState(cluster="prod", holder="c-other", reason="Upgrade", holder_name="ola")
BY_HAND = LockState(cluster="prod", holder="U0EVE", reason="look", by_hand=True)


@pytest.mark.parametrize(
    ("seen", "names", "said"),
    [
        (BrakesSeen(nodes=12), [], ""),
        (BrakesSeen(freeze=FREEZE, nodes=12), ["freeze"], "frozen by ben: sale"),
        (BrakesSeen(lock=LOCK, nodes=12), ["lock"], "is being changed by ola: Upgrade"),
        (BrakesSeen(lock=BY_HAND, nodes=12), ["lock"], "locked by hand by U0EVE: look"),
        (
            BrakesSeen(lock=msgspec.structs.replace(LOCK, holder="c-mine"), nodes=12),
            [],
            "",
        ),
        (BrakesSeen(cooling="c-other", nodes=12), ["cooldown"], "a moment ago by c-other"),
        (BrakesSeen(cooling="c-mine", nodes=12), [], ""),
        (BrakesSeen(restarts=1, nodes=12), ["restart-budget"], "takes 1 an hour"),
        (BrakesSeen(restarts=1, nodes=20), [], ""),
        (BrakesSeen(restarts=10, nodes=1_000), ["restart-budget"], "takes 10 an hour"),
        (
            BrakesSeen(freeze=FREEZE, lock=LOCK, cooling="c-other", restarts=9, nodes=12),
            ["freeze", "lock", "cooldown", "restart-budget"],
            "",
        ),
    ],
)
def test_each_brake_says_which_and_why(seen: BrakesSeen, names: list[str], said: str) -> None:
    found = brakes_on(PLAN, "c-mine", seen)
    assert [brake.name for brake in found] == names
    assert said in " ".join(brake.reason for brake in found)
    assert all(brake.fix for brake in found)


def test_what_only_takes_back_is_held_by_no_cooldown() -> None:
    safe = msgspec.structs.replace(PLAN, risk=Risk.SAFE, agent_restarts=0)
    assert brakes_on(safe, "c-mine", BrakesSeen(cooling="c-other", restarts=99)) == []


@pytest.mark.parametrize(
    ("nodes", "most"), [(0, 1), (1, 1), (12, 1), (30, 3), (100, 10), (5_000, 10)]
)
def test_a_tenth_of_the_nodes_an_hour_and_ten_at_most(nodes: int, most: int) -> None:
    assert most_restarts(nodes) == most
