"""What people type: on phones, by mistake, and with bad intentions."""

from __future__ import annotations

import pytest

from tests.scenarios.house import House

UNDERSTOOD = [
    ("status —deep", {"deep": "true"}),
    ("status –deep", {"deep": "true"}),
    ("status “node-7”", {"node": "node-7"}),
    ("status ‘node-7’ —deep", {"node": "node-7", "deep": "true"}),
    ("status http://node-7", {"node": "node-7"}),
    ("STATUS node-7", {"node": "node-7"}),
    ("status node-7\u00a0", {"node": "node-7"}),
    ("status node-12 —deadline 5s", {"node": "node-12"}),
    ("status —cluster playground", {}),
]
HOSTILE = [
    "status node-7; rm -rf /",
    "status 'node-7; rm -rf /'",
    "status $(reboot)",
    "status `reboot`",
    "status node-7 && reboot",
    "status node-7|sh",
    "status ../../etc/passwd",
    "status node-🔥",
    "🔥",
    "status \u202enode-7",
    "status \u200fnode-7",
    "status node-7\x00",
    "status \x1b[2Jnode-7",
    "status 'node-7",
    "status " + "a" * 3_990,
    "status --command=reboot",
    "status --deadline 5s --deadline 6s",
    "exec node-7 -- sh",
]


@pytest.mark.parametrize(("text", "parameters"), UNDERSTOOD)
async def test_typing_on_a_phone_is_understood(
    house: House, text: str, parameters: dict[str, str]
) -> None:
    answer = await house.ask(text)
    assert answer.record.request.parameters == parameters
    assert answer.shown.startswith("✅ OK")


async def test_unique_prefix_of_a_node_is_enough(house: House) -> None:
    house.cluster.objects.put("nodes", _renamed(house))
    answer = await house.ask("status work")
    assert answer.record.request.parameters == {"node": "worker-a"}


async def test_prefix_of_several_nodes_asks_which(house: House) -> None:
    told = await house.ask_privately("status node")
    assert "begins the names of 12 nodes" in told
    assert "Which one" in told


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("status node-77", "Did you mean node-7"),
        ("stauts", "Did you mean status?"),
        ("status --dep", "Did you mean --deep?"),
        ("status --cluster playgruond", "Did you mean playground?"),
    ],
)
async def test_unknown_name_is_told_to_that_person_alone(
    house: House, text: str, nearest: str
) -> None:
    told = await house.ask_privately(text, user="ben")
    assert nearest in told
    assert house.live_messages() == []
    assert house.execs == 0


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
async def test_hostile_text_is_refused_and_nothing_is_run(house: House, text: str) -> None:
    told = await house.ask_privately(text)
    assert "⛔" in told
    assert "/cilium" in told
    assert len(told) < 700
    assert house.live_messages() == []
    assert house.execs == 0
    assert house.cluster.ledger == []
    assert await house.bot.executor.recent() == []
    assert not any(character in told for character in "\x1b\x00\u202e\u200f")


def _renamed(house: House) -> dict[str, object]:
    """A thirteenth node under a name of its own."""
    node = house.cluster.objects.get("nodes", "node-1")
    metadata = {**node["metadata"], "name": "worker-a"}
    metadata.pop("uid")
    metadata.pop("resourceVersion", None)
    return {**node, "metadata": metadata}
