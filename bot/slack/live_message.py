"""One live message per run: posted when the run begins, only updated afterwards.

The door's side of the engine's reporter, made from the run's record alone, so that any process can
go on with the message of another. Nothing here waits for Slack and nothing is raised into the
engine; what cannot be shown is logged and said plainly in the channel. What ends a run is told once
it is in the outbox for good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.calling_back import LONG_RUN, calls_back
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.pictures import FALLEN_BACK, all_in_words, picture_replies
from bot.slack.progress import looking
from bot.slack.whole_answer import whole_answer


class LiveMessage:
    """Reports one run where it was asked for: into a channel, or into a thread of one.

    The run's id is the message's key. ``name_of`` finds the name of somebody who mentioned the
    bot: in a new message a name rings nobody, where a mention would.
    """

    def __init__(
        self,
        outbox: Outbox,
        asked: Asked,
        long_run: float = LONG_RUN,
        name_of: Callable[[str], Awaitable[str]] | None = None,
        offered: Offered = nothing_offered,
    ) -> None:
        self._offered = offered
        self._outbox = outbox
        self._name_of = name_of
        self._asked = asked
        self._long_run = long_run

    async def refused(self, error: OncallError) -> None:
        """The run never began; tell the person who asked, and nobody else."""
        self._tell_privately(messages.usage_error(error, self._asked.addressed_as), "refused")
        await self._outbox.kept()

    async def started(self, record: RunRecord) -> None:
        """Post the live message."""
        if self._name_of is not None and not self._asked.user_name:
            name = await self._name_of(self._asked.user)
            self._asked = msgspec.structs.replace(self._asked, user_name=name)
        message, thread = looking(record, self._asked), self._asked.thread
        self._outbox.post(self._asked.channel, record.id, message, self._fallback(record), thread)
        await self._outbox.kept()

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """Say how far the run is; the outbox coalesces."""
        message = looking(record, self._asked, progress)
        self._outbox.update(self._asked.channel, record.id, message)

    async def finished(self, record: RunRecord) -> None:
        """Turn the live message into the answer and put the detail into its thread."""
        message, replies = whole_answer(record, self._asked, offered=self._offered)
        if record.started_at is None:  # cancelled before it began
            self._tell_privately(message, "answer")
        else:
            self._outbox.fall_back(record.id, self._fallback(record))
            self._outbox.update(self._asked.channel, record.id, message, final=True)
            if calls_back(record, self._long_run):
                rings = messages.ended(message, self._asked.mention)
                self._outbox.mention(self._asked.channel, record.id, rings, self._asked.thread)
            replies = [*await picture_replies(record), *replies]
            for number, reply in enumerate(replies):
                self._outbox.reply(
                    self._asked.channel, record.id, reply, number, self._asked.thread
                )
        await self._outbox.kept()

    def _fallback(self, record: RunRecord) -> Fallback:
        """In private there is no thread: its pictures are told in words."""
        note = messages.IN_PRIVATE.format(command=code(self._asked.terminal, 300))
        told = filter(None, [all_in_words(record, FALLEN_BACK), note])
        return Fallback(private=self._asked.private, note="\n".join(told))

    def _tell_privately(self, message: Message, part: str) -> None:
        self._outbox.private(self._asked.private, message, self._asked.once(part))
