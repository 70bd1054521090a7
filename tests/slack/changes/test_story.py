"""A change as people see it in Slack, over the real wire, engine and store."""

from __future__ import annotations

from bot.model.change import ChangeState, Word
from tests.slack.changes.house import HERE, House, shown


async def test_a_change_is_asked_for_approved_carried_out_and_proven(house: House) -> None:
    change = await house.ask('delete node-1 --reason "it is stuck"')
    waiting = await house.seen("APPROVE?")
    assert "Delete the pod on node-1" in shown(waiting)
    assert "it is stuck" in shown(waiting)
    card = await house.direct("APPROVE?", user="ben")
    await house.press(card, Word.APPROVE, user="ben")
    await house.until(change, ChangeState.DONE)
    done = await house.seen("✅ DONE")
    assert done.ts == waiting.ts
    assert "it is another pod" in shown(done)
    assert (await house.direct("DONE", user="ben")).ts == card.ts
    rung = await house.seen("<@U0PLAYANA01>", but=lambda m: m.thread_ts != waiting.ts)
    assert rung.thread_ts == waiting.ts
    assert len(house.engine.cluster.api.effects) == 1
    roots = [m for m in house.workspace.messages(HERE) if m.bot and not m.thread_ts]
    roots = [m for m in roots if "🔏 Audit" not in m.text]
    assert [m.text for m in roots] == [waiting.text]
