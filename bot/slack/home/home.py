"""The home tab: who looks, what happened, and what came of their clicks."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from datetime import UTC, datetime

from bot.engine.executor import Executor
from bot.engine.grammar import parse
from bot.model.change import Change
from bot.model.cluster_verdict import CLUSTER_WIDE, verdict_on_cluster
from bot.model.errors import OncallError, StoreUnavailable
from bot.model.run import Progress, RunRecord
from bot.slack.asked import Asked
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.clock import Clock
from bot.slack.home import words
from bot.slack.home.answer import ORIGIN, HomeAnswer
from bot.slack.home.gather import Gather
from bot.slack.home.publisher import MOST_WISHES, Publisher
from bot.slack.home.view import view
from bot.slack.mrkdwn import bold, sentence
from bot.slack.outbox import Outbox
from bot.slack.webapi import WebApi
from bot.store.ending import end

logger = logging.getLogger(__name__)

NOTICED = 60.0
"""Seconds for which a person reads what came of their last click."""
LAST_WORDS = 2.0
"""Seconds for the last verdicts to be kept when the bot ends."""


class Home:
    """Everybody's home tab. It watches the runs of this process (:class:`Watcher`): verdicts on
    clusters are kept here, and those who looked lately see what began and ended.
    """

    def __init__(
        self, executor: Executor, gather: Gather, outbox: Outbox, api: WebApi, clock: Clock
    ) -> None:
        self._executor = executor
        self._gather = gather
        self._memory = gather.memory
        self._outbox = outbox
        self._api = api
        self._clock = clock
        self._publisher = Publisher(self._publish, clock)
        self._notices: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._messages: OrderedDict[str, str] = OrderedDict()
        self._happened: deque[RunRecord] = deque(maxlen=500)
        self._changed: deque[Change] = deque(maxlen=100)
        self._news = asyncio.Event()
        self._teller: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to publish."""
        self._publisher.open()
        self._teller = asyncio.create_task(self._tell_news(), name="slack home news")

    async def close(self) -> None:
        """Keep the last verdicts and stop."""
        if self._teller is not None:
            await end([self._teller])
        await self._publisher.close()
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._keep_verdicts(list(self._happened))
        except TimeoutError:
            logger.warning("the last verdicts on clusters were not kept in time")

    def began(self, record: RunRecord) -> None:
        """A run began in this process."""
        self._tell(record)

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """How far a run of this process is; shown with the next publish."""
        self._gather.progress[record.id] = progress, datetime.now(UTC)

    def ended(self, record: RunRecord) -> None:
        """A run of this process ended."""
        self._gather.progress.pop(record.id, None)
        if ORIGIN in record.request.origin:  # "looking" is over
            self._notices.pop(record.request.requester.id, None)
        self._tell(record)

    def changed(self, change: Change) -> None:
        """A change was told by this process."""
        self._gather.forget_changes()
        self._changed.append(change)
        self._news.set()

    async def opened(self, person: str, messages: str) -> None:
        """A person looks; ``messages`` is the channel of their direct messages with the bot."""
        self._remember(person, messages)
        self._publisher.wish(person, waits=True)
        try:
            await self._memory.opened(person, messages)
        except StoreUnavailable:
            logger.info("%s reads a home tab that is not refreshed by itself", person)

    async def pin(self, person: str, clusters: tuple[str, ...]) -> None:
        """Keep which clusters a person pinned; unknown names are dropped."""
        known = tuple(name for name in clusters if name in self._executor.clusters)
        try:
            await self._memory.pin(person, known)
        except OncallError as error:
            self.notify(person, words.NOT_PINNED.format(reason=sentence(str(error), 600)))

    async def status(self, person: str, name: str, cluster: str, messages: str, once: str) -> None:
        """Begin a status of a whole cluster, admitted like a command; the person reads where the
        answer comes. Requests with the same ``once`` are one run."""
        if cluster not in self._executor.clusters or CLUSTER_WIDE not in self._executor.registry:
            self.notify(person, words.NO_SUCH_CLUSTER.format(cluster=bold(cluster, 90)))
        elif self._outbox.closed or self._outbox.full or self._executor.closed:
            self.notify(person, words.FULL)
        elif channel := self._gather.channel_of(cluster) or messages:
            await self._start(person, name, cluster, channel, once)
        else:
            self.notify(person, words.NO_PLACE)

    def reporter(
        self, record: RunRecord, long_run: float, offered: Offered = nothing_offered
    ) -> HomeAnswer:
        """How a run that was asked for here is told; its end rings after ``long_run`` seconds."""
        asked = Asked.of_record(record)
        return HomeAnswer(self._outbox, asked, long_run, self.notify, offered)

    def notify(self, person: str, text: str) -> None:
        """Show ``text``, which is mrkdwn, at the top of a person's tab for a minute."""
        self._notices[person] = text, self._clock.monotonic() + NOTICED
        if len(self._notices) > MOST_WISHES:
            self._notices.popitem(last=False)
        self._publisher.wish(person, waits=True)

    async def _start(self, person: str, name: str, cluster: str, channel: str, once: str) -> None:
        command = parse(self._executor.registry, [CLUSTER_WIDE])
        asked = Asked(
            channel=channel, user=person, user_name=name, text=CLUSTER_WIDE, response_url=""
        ).understood_as(command, cluster)
        decision = await self._gather.admission.decide(asked, CLUSTER_WIDE, cluster)
        if not decision.allowed:
            reason = sentence(decision.reason, 900)
            self.notify(person, words.NOT_STARTED.format(reason=reason))
            return
        origin = {**asked.origin, ORIGIN: ORIGIN}
        await self._executor.start(command, cluster, asked.requester, origin, once=once)
        bound = self._gather.channel_of(cluster)
        where = words.IN_CHANNEL.format(channel=bound) if bound else words.IN_MESSAGES
        self.notify(person, words.STARTED.format(cluster=bold(cluster, 90), where=where))

    async def _publish(self, person: str) -> None:
        text, until = self._notices.get(person, ("", 0.0))
        now = self._clock.monotonic()
        if until < now:
            self._notices.pop(person, None)
            text = ""
        messages = self._messages.get(person) or await self._looked_up(person)
        seen = await self._gather.seen(person, messages, text, now)
        await self._api.publish(person, view(seen, messages))

    async def _looked_up(self, person: str) -> str:
        """Their direct messages, of which another process was told."""
        try:
            return (await self._memory.openers()).get(person, "")
        except StoreUnavailable:
            return ""

    def _tell(self, record: RunRecord) -> None:
        self._gather.learn(record)
        self._happened.append(record)
        self._news.set()

    async def _tell_news(self) -> None:
        """Keep verdicts, and publish to those who looked lately and may see what happened."""
        while True:
            await self._news.wait()
            self._news.clear()
            runs, changes = list(self._happened), list(self._changed)
            self._changed.clear()
            try:
                await self._keep_verdicts(runs)
                await self._refresh(runs, changes)
            except StoreUnavailable:
                logger.info("home tabs are not refreshed while the store is away")
            except Exception:  # the border: a fault of ours must not end the news for good
                logger.exception("home tabs were not refreshed")

    async def _keep_verdicts(self, runs: list[RunRecord]) -> None:
        for record in runs:
            if self._happened and self._happened[0] is record:
                self._happened.popleft()
            verdict = verdict_on_cluster(record)
            try:
                if verdict is not None:
                    await self._memory.keep(verdict)
            except StoreUnavailable as error:
                logger.warning("the verdict on %s was not kept: %s", record.request.cluster, error)

    async def _refresh(self, runs: list[RunRecord], changes: list[Change]) -> None:
        for person, messages in (await self._memory.openers()).items():
            self._remember(person, messages)
            sight = await self._gather.admission.sight(person)
            if any(self._gather.sees(sight, run, messages) for run in runs) or any(
                self._gather.sees_change(sight, change, messages) for change in changes
            ):
                self._publisher.wish(person, waits=False)

    def _remember(self, person: str, messages: str) -> None:
        if messages:
            self._messages[person] = messages
            if len(self._messages) > MOST_WISHES:
                self._messages.popitem(last=False)
