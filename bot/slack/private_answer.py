"""A run asked for outside the bot's channels: its answer goes to the person who asked, alone."""

from __future__ import annotations

import logging

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.render import answer

logger = logging.getLogger(__name__)


class PrivateAnswer:
    """Reports one run to its private address: once that it began, once how it ended."""

    def __init__(self, outbox: Outbox, asked: Asked) -> None:
        self._outbox = outbox
        self._asked = asked

    async def refused(self, error: OncallError) -> None:
        """The run never began."""
        self._tell(messages.usage_error(error, self._asked.addressed_as), "refused")
        await self._outbox.kept()

    async def started(self, record: RunRecord) -> None:
        """Say that it looks, and why privately."""
        self._tell(messages.private_note(messages.NOT_OURS), "started")

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """Nothing: a ``response_url`` takes five messages."""

    async def finished(self, record: RunRecord) -> None:
        """The first message of the answer; the detail has no thread to go to."""
        command = code(self._asked.terminal, 300)
        try:
            message = answer(record, self._asked, alone=True).message
        except Exception:  # the border: a report that trips us must still be told of
            logger.exception("the report of run %s could not be rendered", record.id)
            text = messages.RENDER_FAILED.format(command=command)
            said = messages.fixed(text)
        else:
            note = messages.IN_PRIVATE.format(command=command)
            said = messages.in_private(message, messages.NOT_OURS, note)
        self._tell(said, "answer")
        await self._outbox.kept()

    def _tell(self, message: Message, part: str) -> None:
        self._outbox.private(self._asked.private, message, self._asked.once(part))
