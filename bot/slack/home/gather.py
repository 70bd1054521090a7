"""Gathers what one person may see. I/O only; what cannot be read is said, never guessed.

The access rules decide, as for a command: a cluster is there when the person may run something on
it, a run when they may run the same. A run from outside the bot's channels is its requester's
alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.engine.executor import Executor
from bot.model.access import Standing
from bot.model.change import Change
from bot.model.cluster_verdict import CLUSTER_WIDE, ClusterVerdict, verdict_on_cluster
from bot.model.errors import OncallError
from bot.model.names import natural
from bot.model.run import Progress, RunRecord, RunState
from bot.slack import messages
from bot.slack.admission import Admission, Sight
from bot.slack.home import words
from bot.slack.home.gather_changes import GatherChanges
from bot.slack.home.links import Links
from bot.slack.home.memory import Memory
from bot.slack.home.runs import MOST_RECENT
from bot.slack.home.seen import ClusterSeen, RunSeen, Seen
from bot.slack.mrkdwn import sentence

MOST_RUNS = 40
"""Looked at, newest first: what is older is not shown, not even while it runs."""
STATE_HOLDS = 1.0
"""Seconds for which the runs and verdicts that were read serve the next person, too."""


@dataclass(slots=True)
class _State:
    """What is the same for everybody."""

    runs: list[RunRecord]
    verdicts: dict[str, ClusterVerdict]
    trouble: str
    read_at: float


@dataclass(slots=True)
class Gather:
    """``channels``: Slack channel ids to cluster names."""

    executor: Executor
    admission: Admission
    channels: Mapping[str, str]
    memory: Memory
    links: Links
    changes: GatherChanges
    progress: dict[str, tuple[Progress, datetime]] = field(default_factory=dict)
    _state: _State | None = None
    _known: dict[str, ClusterVerdict] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def seen(self, person: str, messages_channel: str, notice: str, now: float) -> Seen:
        """What ``person`` may see at ``now`` of the monotonic clock."""
        at = datetime.now(UTC)
        sight = await self.admission.sight(person)
        allowed = self._clusters(sight, messages_channel)
        changes = await self.changes.seen(sight, messages_channel, now)
        if not allowed:
            refusal = self._refusal(sight, messages_channel)
            return Seen(at=at, notice=notice, refusal=refusal, changes=changes)
        state = await self._read(now)
        pinned, trouble = await self._pinned(person)
        visible = [run for run in state.runs if self.sees(sight, run, messages_channel)]
        going_on = [run for run in visible if not run.state.terminal]
        ended = [run for run in visible if run.state.terminal][:MOST_RECENT]
        return Seen(
            at=at,
            notice=notice,
            trouble=state.trouble or trouble or changes.trouble,
            changes=changes,
            clusters=tuple(
                ClusterSeen(
                    name=name,
                    pinned=name in pinned,
                    last=state.verdicts.get(name),
                    answers_in=self.channel_of(name),
                    may_ask=may_ask,
                )
                for name, may_ask in allowed.items()
            ),
            running=tuple([await self._run(run) for run in going_on]),
            recent=tuple([await self._run(run) for run in ended]),
        )

    def sees(self, sight: Sight, run: RunRecord, messages_channel: str) -> bool:
        """Whether a run is shown: it began, and the person may run the same where it was asked."""
        request = run.request
        own = request.requester.id == sight.person.id
        if run.started_at is None and not (own and run.state is RunState.QUEUED):
            return False  # refused, or not admitted yet
        asked_in = request.origin.get("channel", "")
        if asked_in and asked_in not in self.channels and not own:
            return False
        channel = asked_in or self.channel_of(request.cluster) or messages_channel
        return sight.allows(request.runbook, request.cluster, channel)

    def sees_change(self, sight: Sight, change: Change, messages_channel: str) -> bool:
        """Whether a change is shown."""
        return self.changes.sees(sight, change, messages_channel)

    def forget_changes(self) -> None:
        """Something happened to a change: read again."""
        self.changes.forget()

    def channel_of(self, cluster: str) -> str:
        """The channel bound to a cluster, the first if there are several; empty if none is."""
        return next((bound for bound, name in self.channels.items() if name == cluster), "")

    def learn(self, record: RunRecord) -> ClusterVerdict | None:
        """Something happened to a run: read again. Returns what it says of its whole cluster."""
        self._state = None
        verdict = verdict_on_cluster(record)
        self._know(filter(None, [verdict]))
        return verdict

    def _clusters(self, sight: Sight, messages_channel: str) -> dict[str, bool]:
        """Clusters on which the person may run anything, and whether that is a status."""
        found: dict[str, bool] = {}
        runbooks = [runbook.name for runbook in self.executor.registry.runbooks]
        for name in sorted(self.executor.clusters, key=natural):
            channel = self.channel_of(name) or messages_channel
            may_ask = CLUSTER_WIDE in runbooks and sight.allows(CLUSTER_WIDE, name, channel)
            if may_ask or any(sight.allows(runbook, name, channel) for runbook in runbooks):
                found[name] = may_ask
        return found

    def _refusal(self, sight: Sight, messages_channel: str) -> str:
        reason = words.NO_CLUSTER_ALLOWED
        name = next(iter(self.executor.clusters), "")
        if len(self.executor.clusters) == 1 or sight.person.standing is not Standing.MEMBER:
            channel = self.channel_of(name) or messages_channel
            reason = sight.decision(CLUSTER_WIDE, name, channel).reason
        ask = self.admission.rules.ask or messages.ASK_OPERATORS
        return words.REFUSED.format(reason=sentence(reason, 900), ask=sentence(ask, 600))

    async def _read(self, now: float) -> _State:
        async with self._reading:
            if self._state is None or now - self._state.read_at > STATE_HOLDS:
                self._state = await self._read_now(now)
            return self._state

    async def _read_now(self, now: float) -> _State:
        runs: list[RunRecord] = []
        trouble = ""
        try:
            self._know((await self.memory.verdicts()).values())
            runs = await self.executor.recent(MOST_RUNS)
        except OncallError as error:  # the store is away, or holds what a newer version wrote
            trouble = str(error)
            runs = self.executor.journal.recent()
        # A bot that dies between a run's end and keeping its verdict leaves it to its successors.
        self._know(filter(None, map(verdict_on_cluster, runs)))
        return _State(runs, dict(self._known), trouble, now)

    def _know(self, verdicts: Iterable[ClusterVerdict]) -> None:
        for verdict in verdicts:
            known = self._known.get(verdict.cluster)
            if verdict.cluster in self.executor.clusters and (
                known is None or known.at <= verdict.at
            ):
                self._known[verdict.cluster] = verdict

    async def _pinned(self, person: str) -> tuple[tuple[str, ...], str]:
        try:
            return await self.memory.pinned(person), ""
        except OncallError as error:
            return (), str(error)

    async def _run(self, record: RunRecord) -> RunSeen:
        progress, progress_at = self.progress.get(record.id, (None, None))
        return RunSeen(
            record=record,
            link=await self.links.to(record),
            progress=progress,
            progress_at=progress_at,
        )
