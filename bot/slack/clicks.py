"""What a click on a button of a run does: cancel it, run it again, share its answer.

Slack sends a click once and waits three seconds, so the effect comes first and the acknowledgement
after it, or when it takes long. Whoever clicks is told privately when nothing comes of it. Two
clicks that want the same are one: cancelling is a state, sharing puts one entry under one id, and
running again is claimed, by somebody who may.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from slack_bolt.async_app import AsyncAck

from bot.engine.executor import Executor
from bot.engine.grammar import Command
from bot.model.access import Action
from bot.model.errors import OncallError
from bot.model.run import RunRecord
from bot.slack import messages
from bot.slack.admission import Admission
from bot.slack.asked import Asked, words_of
from bot.slack.blocks import Message
from bot.slack.buttons import Button, Press, asked_by_click, pressed
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.doubles import Doubles
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.pictures import FALLEN_BACK, all_in_words, picture_replies
from bot.slack.private_address import is_direct
from bot.slack.progress import cancelling
from bot.slack.whole_answer import shared_answer

logger = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN = 2.0
"""Seconds, of Slack's three."""

Take = Callable[[Asked], Awaitable[Message | None]]
"""Has a run accepted as if its words had been typed; the message says why there is none."""


class Clicks:
    """The buttons of one door's messages."""

    def __init__(
        self,
        executor: Executor,
        outbox: Outbox,
        admission: Admission,
        doubles: Doubles,
        take: Take,
        offered: Offered = nothing_offered,
    ) -> None:
        self._offered = offered
        self._executor = executor
        self._outbox = outbox
        self._admission = admission
        self._doubles = doubles
        self._take = take
        self._effects = {
            Button.CANCEL: self._cancel,
            Button.AGAIN: self._again,
            Button.SHARE: self._share,
        }

    async def on_click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A ``block_actions`` request for a message of ours, or for something unknown."""
        effect = asyncio.create_task(self._carry_out(body), name="click")
        await asyncio.wait({effect}, timeout=ACKNOWLEDGED_WITHIN)
        await ack()
        await effect

    async def _carry_out(self, body: dict[str, Any]) -> None:
        asked = asked_by_click(body)
        try:
            said = await self._pressed(asked, pressed(body))
        except OncallError as error:
            said = messages.nothing_done(error)
        except Exception:  # the border: whatever it was, the person is told
            logger.exception("a click could not be carried out")
            said = messages.fixed(messages.CLICK_TROUBLE)
        if said is not None:
            self._outbox.private(asked.private, said, asked.once("click"))
        await self._outbox.kept()

    async def _pressed(self, asked: Asked, press: Press | None) -> Message | None:
        """Do what the button says; the message is for whoever clicked."""
        if press is None:
            logger.warning("a click of %s is on none of our buttons", asked.user)
            return messages.fixed(messages.UNKNOWN_BUTTON)
        record = await self._executor.get(press.run_id)
        if record is None:
            run = code(press.run_id, 40)
            return messages.fixed(messages.RUN_NOT_KEPT.format(run=run))
        if not _belongs(record, asked):
            logger.warning("a click of %s names run %s of another place", asked.user, record.id)
            return messages.fixed(messages.UNKNOWN_BUTTON)
        return await self._effects[press.button](record, asked, press)

    async def _cancel(self, record: RunRecord, asked: Asked, press: Press) -> Message | None:
        if asked.requester.id != record.request.requester.id:
            await self._require(record, asked, Action.RUN, messages.NOT_CANCELLED)
        if not await self._executor.cancel(record.id, asked.requester):
            return messages.fixed(messages.ENDED_ALREADY)
        origin = Asked.of_record(record)
        says = cancelling(record, origin, asked.by)
        if press.ephemeral or asked.channel != origin.channel:
            return msgspec.structs.replace(says, replaces=True)
        self._outbox.update(asked.channel, record.id, says, holds=True)
        return None

    async def _again(self, record: RunRecord, asked: Asked, press: Press) -> Message | None:
        await self._require(record, asked, Action.RUN, messages.NOT_RUN)
        click = f"{press.button}/{asked.channel}/{press.message}/{record.id}"
        if not await self._doubles.is_first(click):
            return None
        request = record.request
        runbook = self._executor.registry.get(request.runbook)
        command = Command(runbook, request.parameters, deadline=request.deadline)
        words = f"{words_of(command)} --cluster {request.cluster}"
        return await self._take(msgspec.structs.replace(asked, text=words))

    async def _share(self, record: RunRecord, asked: Asked, press: Press) -> Message | None:
        if asked.user != record.request.requester.id or not record.state.terminal:
            return messages.fixed(messages.UNKNOWN_BUTTON)
        origin = Asked.of_record(record)
        there = msgspec.structs.replace(asked, channel=origin.channel, thread=origin.thread)
        await self._require(record, there, Action.SHARE, messages.NOT_SHARED)
        message, replies = shared_answer(record, origin, asked.by, self._offered)
        key = f"{record.id}/shared-{press.message}"
        note = "\n".join(filter(None, [all_in_words(record, FALLEN_BACK), messages.SHARE_FAILED]))
        fallback = Fallback(private=asked.private, note=note)
        self._outbox.post(there.channel, key, message, fallback, there.thread, final=True)
        for number, reply in enumerate([*await picture_replies(record), *replies]):
            self._outbox.reply(there.channel, key, reply, number, there.thread)
        return messages.shared(message, asked.by)

    async def _require(
        self, record: RunRecord, asked: Asked, action: Action, what_not: str
    ) -> None:
        """Raises :class:`~bot.model.errors.NotAllowed`."""
        request = record.request
        decision = await self._admission.decide(asked, request.runbook, request.cluster, action)
        if not decision.allowed:
            raise messages.not_allowed(decision, self._admission.rules.ask, what_not)


def _belongs(record: RunRecord, asked: Asked) -> bool:
    """Whether a message about the run can be where the click was.

    An answer that its channel does not take comes to the requester's direct messages.
    """
    theirs = is_direct(asked.channel) and asked.user == record.request.requester.id
    return theirs or record.request.origin.get("channel") == asked.channel
