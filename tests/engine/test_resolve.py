"""Which names may be short: those of reads, never those of changes."""

from typing import Any, cast

import pytest

from bot.clients.cluster import Cluster
from bot.engine.registry import Procedure
from bot.engine.resolve import resolve_names
from bot.model.errors import NotFound, UsageError
from tests.engine.test_grammar import CHANGES


class Named:
    """A cluster that knows the names of its nodes."""

    name = "prod"

    def __init__(self, *nodes: str) -> None:
        self.nodes = list(nodes)
        self.reads = self

    async def node(self, name: str) -> Any:
        if name not in self.nodes:
            raise NotFound(f"There is no node {name}.")
        return type("Node", (), {"name": name})

    async def node_names(self) -> list[str]:
        return self.nodes


async def resolved(entry: Procedure, typed: str) -> str:
    cluster = cast("Cluster", Named("node-7", "node-70", "edge-1.example.com"))
    return (await resolve_names(entry, {"node": typed}, cluster))["node"]


async def test_a_read_takes_the_beginning_of_a_name() -> None:
    assert await resolved(CHANGES.get("status"), "edge") == "edge-1.example.com"
    assert await resolved(CHANGES.get("status"), "node-7") == "node-7"


async def test_a_change_demands_the_whole_name() -> None:
    assert await resolved(CHANGES.get("restart"), "edge-1.example.com") == "edge-1.example.com"
    with pytest.raises(UsageError) as refused:
        await resolved(CHANGES.get("restart"), "edge")
    assert refused.value.message == (
        "restart changes the cluster, so it needs the full name of the node."
    )
    assert refused.value.hint == "If you mean edge-1.example.com, type it in full."
