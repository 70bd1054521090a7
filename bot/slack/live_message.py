"""One live message per run: posted when the run begins, only updated afterwards.

The door's side of the engine's reporter, made from the run's record alone, so that any process can
go on with the message of another. Nothing here waits for Slack and nothing is raised into the
engine; what cannot be shown is logged and said plainly in the channel. What ends a run is told once
it is in the outbox for good.
"""

from __future__ import annotations

import logging

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.details import details
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.pictures import picture_replies
from bot.slack.progress import looking
from bot.slack.render import answer
from bot.slack.uploads import Detail

logger = logging.getLogger(__name__)


class LiveMessage:
    """Reports one run where it was asked for: into a channel, or into a thread of one.

    The run's id is the message's key.
    """

    def __init__(self, outbox: Outbox, asked: Asked) -> None:
        self._outbox = outbox
        self._asked = asked

    async def refused(self, error: OncallError) -> None:
        """The run never began; tell the person who asked, and nobody else."""
        self._tell_privately(messages.usage_error(error, self._asked.addressed_as), "refused")
        await self._outbox.kept()

    async def started(self, record: RunRecord) -> None:
        """Post the live message."""
        note = messages.IN_PRIVATE.format(command=code(self._asked.terminal, 300))
        fallback = Fallback(private=self._asked.private, note=note)
        message, thread = looking(record, self._asked), self._asked.thread
        self._outbox.post(self._asked.channel, record.id, message, fallback, thread)
        await self._outbox.kept()

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """Say how far the run is; the outbox coalesces."""
        message = looking(record, self._asked, progress)
        self._outbox.update(self._asked.channel, record.id, message)

    async def finished(self, record: RunRecord) -> None:
        """Turn the live message into the answer and put the detail into its thread."""
        message, replies = self._rendered(record)
        if record.started_at is None:  # cancelled before it began
            self._tell_privately(message, "answer")
        else:
            self._outbox.update(self._asked.channel, record.id, message, final=True)
            replies = [*await picture_replies(record), *replies]
            for number, reply in enumerate(replies):
                self._outbox.reply(
                    self._asked.channel, record.id, reply, number, self._asked.thread
                )
        await self._outbox.kept()

    def _tell_privately(self, message: Message, part: str) -> None:
        self._outbox.private(self._asked.private, message, self._asked.once(part))

    def _rendered(self, record: RunRecord) -> tuple[Message, list[Detail]]:
        try:
            said = answer(record, self._asked)
            return said.message, details(record, said)
        except Exception:  # the border: a report that trips us must not leave "looking" behind
            logger.exception("the report of run %s could not be rendered", record.id)
            command = code(self._asked.terminal, 300)
            return messages.fixed(messages.RENDER_FAILED.format(command=command)), []
