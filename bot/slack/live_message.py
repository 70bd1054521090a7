"""One live message per run: posted when the run begins, only updated afterwards.

The door's side of the engine's reporter. Nothing here waits for Slack and nothing is raised into
the engine; what cannot be shown is logged and said plainly in the channel.
"""

from __future__ import annotations

import asyncio
import logging

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.clock import Clock
from bot.slack.details import details
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.pictures import picture_replies
from bot.slack.progress import looking
from bot.slack.render import answer
from bot.slack.uploads import Detail

logger = logging.getLogger(__name__)

PATIENCE = 2.5
"""Seconds a person waits for a run to begin before being told that it waits."""


class LiveMessage:
    """Reports one run into one channel. The run's id is the message's key."""

    def __init__(self, outbox: Outbox, asked: Asked, clock: Clock) -> None:
        self._outbox = outbox
        self._asked = asked
        self._clock = clock
        self._posted = False
        self._waiting: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """From now on, tell the person who asked when the run takes long to begin."""
        self._waiting = asyncio.create_task(self._tell_that_it_waits())

    async def refused(self, error: OncallError) -> None:
        """The run never began; tell the person who asked, and nobody else."""
        self._watch_no_more()
        self._outbox.private(self._asked.response_url, messages.usage_error(error))

    async def started(self, record: RunRecord) -> None:
        """Post the live message."""
        self._watch_no_more()
        self._posted = True
        note = messages.IN_PRIVATE.format(command=code(self._asked.terminal, 300))
        fallback = Fallback(response_url=self._asked.response_url, note=note)
        self._outbox.post(self._asked.channel, record.id, looking(record, self._asked), fallback)

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """Say how far the run is; the outbox coalesces."""
        message = looking(record, self._asked, progress)
        self._outbox.update(self._asked.channel, record.id, message)

    async def finished(self, record: RunRecord) -> None:
        """Turn the live message into the answer and put the detail into its thread."""
        self._watch_no_more()
        message, replies = self._rendered(record)
        if not self._posted:  # cancelled before it began
            self._outbox.private(self._asked.response_url, message)
            return
        self._outbox.update(self._asked.channel, record.id, message, final=True)
        for reply in [*await picture_replies(record), *replies]:
            self._outbox.reply(self._asked.channel, record.id, reply)

    def _rendered(self, record: RunRecord) -> tuple[Message, list[Detail]]:
        try:
            said = answer(record, self._asked)
            return said.message, details(record, said)
        except Exception:  # the border: a report that trips us must not leave "looking" behind
            logger.exception("the report of run %s could not be rendered", record.id)
            command = code(self._asked.terminal, 300)
            return messages.fixed(messages.RENDER_FAILED.format(command=command)), []

    def _watch_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    async def _tell_that_it_waits(self) -> None:
        await self._clock.sleep(PATIENCE)
        self._outbox.private(self._asked.response_url, messages.fixed(messages.WAITING))
