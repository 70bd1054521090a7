"""A run asked for outside the bot's channels: its answer goes to the person who asked, alone."""

from __future__ import annotations

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.buttons import Button, row, with_share
from bot.slack.calling_back import LONG_RUN, calls_back
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.private_address import PrivateAddress, is_direct
from bot.slack.whole_answer import whole_answer


class PrivateAnswer:
    """Reports one run to its private address: once that it began, once how it ended."""

    def __init__(
        self,
        outbox: Outbox,
        asked: Asked,
        long_run: float = LONG_RUN,
        offered: Offered = nothing_offered,
    ) -> None:
        self._offered = offered
        self._outbox = outbox
        self._asked = asked
        self._long_run = long_run

    async def refused(self, error: OncallError) -> None:
        """The run never began."""
        self._tell(messages.usage_error(error, self._asked.addressed_as), "refused")
        await self._outbox.kept()

    async def started(self, record: RunRecord) -> None:
        """Say that it looks, and why privately."""
        cancel = row(record.id, Button.CANCEL)
        self._tell(messages.private_note((cancel,)), "started")

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """Nothing: a ``response_url`` takes five messages."""

    async def finished(self, record: RunRecord) -> None:
        """The first message of the answer; the detail has no thread to go to."""
        message, _ = whole_answer(record, self._asked, alone=True, offered=self._offered)
        note = messages.IN_PRIVATE.format(command=code(self._asked.terminal, 300))
        said = messages.in_private(message, messages.NOT_OURS, note)
        self._tell(said if is_direct(self._asked.channel) else with_share(said), "answer")
        if calls_back(record, self._long_run):
            self._ring(message)
        await self._outbox.kept()

    def _ring(self, answer: Message) -> None:
        """What only one person sees rings nowhere; a direct message does."""
        direct = str(PrivateAddress(user=self._asked.user))
        rings = messages.ended(answer, self._asked.mention)
        self._outbox.private(direct, rings, self._asked.once("mention"))

    def _tell(self, message: Message, part: str) -> None:
        self._outbox.private(self._asked.private, message, self._asked.once(part))
