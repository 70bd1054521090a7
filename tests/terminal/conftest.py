"""A small cluster, and a shell whose current context it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster
from tests.terminal.shell import Shell


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    async with SimulatedCluster(8) as cluster:
        shell = Shell(cluster, tmp_path)
        cluster.write_kubeconfig(shell.kubeconfig, context="lab")
        yield shell
