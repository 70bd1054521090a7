"""Claims and run transitions against a model, with re-sent scripts and kills of the server."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.model.errors import StoreUnavailable
from bot.model.run import RunState
from bot.store.claims import Claims
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from bot.store.runs import Runs
from tests.store.test_runs import ANA, run

T = TypeVar("T")
RUNS = st.sampled_from(["r-1", "r-2"])
CARRIERS = st.sampled_from(["a", "b", "c"])
STATES = st.sampled_from([RunState.RUNNING, RunState.FINISHED, RunState.BROKEN])


class Transitions(RuleBasedStateMachine):
    """What the store says is what a plain dictionary says, whatever is sent twice or killed."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        self._server = EmbeddedStore(Path(self._folder.name) / "s")
        self._do(self._server.start())
        self._store = Store(self._server.address)
        self._runs = Runs(self._store)
        self._claims = Claims(self._store)
        self.claimed: set[str] = set()
        self.state: dict[str, RunState] = {}
        self.carrier: dict[str, str] = {}
        self.sequence: dict[str, int] = {}
        self.open: set[str] = set()

    def teardown(self) -> None:
        self._do(self._store.close())
        self._do(self._server.stop())
        self._loop.close()
        self._folder.cleanup()

    def _do(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(doing)

    @rule(key=st.sampled_from(["x", "y"]))
    def claim(self, key: str) -> None:
        assert self._do(self._claims.once(key, 3600)) is (key not in self.claimed)
        self.claimed.add(key)

    @rule(run_id=RUNS)
    def accept(self, run_id: str) -> None:
        assert self._do(self._runs.accept(run(run_id))) is (run_id not in self.state)
        if run_id not in self.state:
            self.state[run_id] = RunState.QUEUED
            self.open.add(run_id)

    @rule(run_id=RUNS, carrier=CARRIERS)
    def take(self, run_id: str, carrier: str) -> None:
        taken = self._do(self._runs.take(run_id, carrier))
        assert (taken is None) is (run_id not in self.state)
        if taken is not None:
            assert taken.open is (run_id in self.open)
            assert taken.record.state is self.state[run_id]
            if taken.open and self.carrier.get(run_id) != carrier:
                self.carrier[run_id], self.sequence[run_id] = carrier, 0

    @rule(run_id=RUNS, carrier=CARRIERS, state=STATES, step=st.integers(0, 2))
    def write(self, run_id: str, carrier: str, state: RunState, step: int) -> None:
        """``step`` 0 is a write that comes late or again."""
        sequence = self.sequence.get(run_id, 0) + step
        ours = self.carrier.get(run_id) == carrier
        record = run(run_id, state=state)
        assert self._do(self._runs.write(record, carrier, sequence)) is ours
        if ours and step:
            self.state[run_id], self.sequence[run_id] = state, sequence

    @rule(run_id=RUNS, carrier=CARRIERS)
    def tell(self, run_id: str, carrier: str) -> None:
        ours = self.carrier.get(run_id) == carrier
        assert self._do(self._runs.told(run_id, carrier)) is ours
        if ours:
            self.open.discard(run_id)

    @rule(run_id=RUNS)
    def cancel(self, run_id: str) -> None:
        goes_on = run_id in self.open and not self.state[run_id].terminal
        assert self._do(self._runs.cancel(run_id, ANA)) is goes_on

    @precondition(lambda self: self.state or self.claimed)
    @rule()
    def kill_the_server(self) -> None:
        assert self._server.pid
        first = self._server.pid
        os.kill(first, signal.SIGKILL)
        self._do(self._back(first))

    async def _back(self, first: int) -> None:
        async with asyncio.timeout(10):
            while True:
                await asyncio.sleep(0.01)
                try:
                    await self._store.ping()
                except StoreUnavailable:
                    continue
                if self._server.pid != first:
                    return

    @invariant()
    def open_runs_are_those_not_told(self) -> None:
        assert set(self._do(self._runs.open_runs())) == self.open


Transitions.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestTransitions = Transitions.TestCase
