"""What a press on a change's button does: say somebody's word to it, or ask for what must be typed.

The effect comes before the acknowledgement, because Slack sends a click once and waits three
seconds. What does not count is told to whoever pressed, alone, and changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck

from bot.engine.executor import Executor
from bot.model.change import Change, Word
from bot.model.errors import ClientError, OncallError, UsageError
from bot.model.plan import Risk
from bot.slack import limits, messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.buttons import asked_by_click
from bot.slack.changes import buttons, modals, offers, words
from bot.slack.changes.buttons import ON_A_STEP, Press, mark
from bot.slack.changes.offers import Offers
from bot.slack.changes.requesting import changes_of
from bot.slack.changes.teller import SlackTeller
from bot.slack.mrkdwn import plain
from bot.slack.outbox import Outbox
from bot.slack.webapi import OpenView

logger = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN = 2.0
"""Seconds, of Slack's three."""
HOME = "home"
"""Where a word was said that came from the home tab, in the audit."""
TYPED = frozenset([Word.REJECT, Word.SOLO])
"""Words that need a reason."""


class Views(Protocol):
    """What of Slack's Web API is needed here."""

    async def open_view(self, trigger: str, view: modals.View) -> OpenView:
        """Open a modal."""


class ChangeClicks:
    """The buttons and forms of one door's changes."""

    def __init__(
        self,
        executor: Executor,
        outbox: Outbox,
        teller: SlackTeller,
        views: Views,
        offers: Offers,
        noticed: Callable[[str, str], None] = lambda user, text: None,
    ) -> None:
        self._executor = executor
        self._outbox = outbox
        self._teller = teller
        self._views = views
        self._offers = offers
        self._noticed = noticed

    async def on_click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A press on a button of a change, in a message or in the home tab."""
        await self._within(ack, self._carry_out(body, self._pressed))

    async def on_offer(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A press on a remedy that a finding offers."""
        await self._within(ack, self._carry_out(body, self._taken_up))

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form that was filled in: what is wrong is said in it while Slack still listens."""
        effect = asyncio.create_task(self._submitted(body), name="change form")
        await asyncio.wait({effect}, timeout=ACKNOWLEDGED_WITHIN)
        if effect.done():
            await _answer(ack, effect.result())
            return
        await ack()
        said = await effect
        if said is not None:
            message = said if isinstance(said, Message) else _in_words(said)
            asked = _asked_by_form(body)
            self._outbox.private(asked.private, message, asked.once("change"))
            await self._outbox.kept()

    async def _within(self, ack: AsyncAck, effect: Awaitable[None]) -> None:
        task = asyncio.ensure_future(effect)
        await asyncio.wait({task}, timeout=ACKNOWLEDGED_WITHIN)
        await ack()
        await task

    async def _carry_out(
        self,
        body: dict[str, Any],
        effect: Callable[[Asked, dict[str, Any]], Awaitable[Message | None]],
    ) -> None:
        asked = asked_by_click(body)
        try:
            said = await effect(asked, body)
        except OncallError as error:
            said = messages.nothing_done(error)
        except Exception:  # the border: whatever it was, the person is told
            logger.exception("a click on a change could not be carried out")
            said = messages.fixed(words.CLICK_TROUBLE)
        if said is not None and asked.channel:
            self._outbox.private(asked.private, said, asked.once("change"))
        elif said is not None:  # in the home tab there is no channel to tell it in
            self._noticed(asked.user, said.text)
        await self._outbox.kept()

    async def _pressed(self, asked: Asked, body: dict[str, Any]) -> Message | None:
        press = buttons.pressed(body)
        if press is None:
            logger.warning("a click of %s is on none of our buttons", asked.user)
            return messages.fixed(words.UNKNOWN_BUTTON)
        changes = changes_of(self._executor)
        if press.word in TYPED:
            return await self._ask(asked, press, await self._meant(press))
        if press.word is Word.APPROVE:
            change = await self._meant(press)
            if change.plan is not None and change.plan.risk is Risk.BREAKGLASS:
                return await self._ask(asked, press, change)
        person = await self._teller.person(asked.user)
        step = ""
        if press.word in ON_A_STEP:
            change = await self._meant(press)
            if mark(change) != press.step:
                return messages.fixed(words.OTHER_STEP)
            step = change.step_that_waits
        now = await changes.say(
            *(press.target, press.word, asked.requester, person),
            step=step,
            where=asked.channel or HOME,
        )
        await self._teller.show(now)
        return None

    async def _taken_up(self, asked: Asked, body: dict[str, Any]) -> Message | None:
        press = offers.pressed(body)
        if press is None:
            logger.warning("a click of %s takes up nothing that was offered", asked.user)
            return messages.fixed(words.UNKNOWN_BUTTON)
        return await self._offers.take_up(asked, press)

    async def _ask(self, asked: Asked, press: Press, change: Change) -> Message | None:
        """Show the form, at once: the trigger lives three seconds."""
        view = modals.view(press.word, press.target, asked, change)
        try:
            await self._views.open_view(asked.trigger, view)
        except ClientError as error:
            logger.warning("a form about a change could not be opened: %s", error.message)
            return messages.fixed(words.MODAL_LATE)
        return None

    async def _meant(self, press: Press) -> Change:
        changes = changes_of(self._executor)
        on_a_plan = press.word in buttons.ON_A_PLAN
        found = await (changes.by_ask if on_a_plan else changes.get)(press.target)
        if found is None:
            raise UsageError("This change is not known any more.", hint="/cilium changes")
        return found

    async def _submitted(self, body: dict[str, Any]) -> Message | dict[str, str] | None:
        shown = body.get("view") or {}
        memory, typed = modals.memory_of(shown), modals.typed_in(shown)
        if memory is None:
            return messages.fixed(words.UNKNOWN_BUTTON)
        asked = _asked_by_form(body)
        reason, cluster = ("", typed) if memory.word is Word.APPROVE else (typed, "")
        try:
            changes = changes_of(self._executor)
            person = await self._teller.person(asked.user)
            now = await changes.say(
                *(memory.target, memory.word, asked.requester, person),
                reason=reason,
                typed=cluster,
                where=asked.channel,
            )
            await self._teller.show(now)
        except UsageError as error:
            return {modals.BLOCK: plain(str(error), limits.FIELD_ERROR)}
        except OncallError as error:
            return messages.nothing_done(error)
        except Exception:  # the border: whatever it was, the person is told
            logger.exception("a form about a change could not be carried out")
            return messages.fixed(words.CLICK_TROUBLE)
        await self._outbox.kept()
        return None


def _asked_by_form(body: dict[str, Any]) -> Asked:
    shown, user = body.get("view") or {}, body.get("user") or {}
    memory = modals.memory_of(shown)
    known = {} if memory is None else {"channel": memory.channel, "thread": memory.thread}
    return Asked(
        channel=known.get("channel", ""),
        thread=known.get("thread", ""),
        user=str(user.get("id", "")),
        user_name=str(user.get("username") or user.get("name") or ""),
        text="",
        response_url=memory.response_url if memory else "",
        trigger=str(body.get("trigger_id") or shown.get("id") or ""),
    )


def _in_words(errors: dict[str, str]) -> Message:
    return messages.nothing_done(UsageError(" ".join(errors.values())))


async def _answer(ack: AsyncAck, said: Message | dict[str, str] | None) -> None:
    if said is None:
        await ack()
    elif isinstance(said, Message):
        await ack(response_action="update", view=modals.notice(said))
    else:
        await ack(response_action="errors", errors=said)
