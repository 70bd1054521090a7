"""The Slack door: mounted on the bot's HTTP server, opened and closed with it.

A request passes the guard, then Bolt, then a listener that has the run accepted and acknowledges,
before anything is asked of a cluster. An event that could not be taken is not acknowledged: Slack
sends it again. Over Socket Mode the same listeners answer, by :meth:`SlackDoor.answer`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncAck, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.engine.executor import Executor
from bot.engine.reporter import Reporter
from bot.model.access import AccessRules, without_file
from bot.model.run import Door, RunRecord
from bot.slack import form, messages
from bot.slack.admission import Admission
from bot.slack.answered import Answered, key_of
from bot.slack.asked import Asked
from bot.slack.asking import Asking
from bot.slack.blocks import Message
from bot.slack.bolt_app import bolt_app, on_a_message, taken_already
from bot.slack.calling_back import LONG_RUN
from bot.slack.changes.commands import AtOnce
from bot.slack.changes.offers import OLD
from bot.slack.changes.places import Places
from bot.slack.changes.wiring import SlackChanges
from bot.slack.clicks import Clicks
from bot.slack.clock import Clock, SystemClock
from bot.slack.commands import Start, understand
from bot.slack.doubles import Doubles
from bot.slack.guard import Guard
from bot.slack.home.answer import ORIGIN
from bot.slack.home.gather import Gather
from bot.slack.home.gather_changes import GatherChanges
from bot.slack.home.home import Home
from bot.slack.home.links import Links
from bot.slack.home.listeners import HomeListeners
from bot.slack.home.memory import Memory, ProcessMemory
from bot.slack.live_message import LiveMessage
from bot.slack.mentions import asked_in
from bot.slack.mrkdwn import code
from bot.slack.outbox import Outbox
from bot.slack.payload import Unreadable, body_of
from bot.slack.pending import Pending
from bot.slack.people import People
from bot.slack.private_answer import PrivateAnswer
from bot.slack.reading import Reading
from bot.slack.replays import MemoryReplays, Replays
from bot.slack.surface import HOME_OPENED
from bot.slack.waiting import Waiting
from bot.slack.webapi import WebApi
from bot.store.claims import Claims

logger = logging.getLogger(__name__)

PATH = "/slack/events"
API_URL = "https://slack.com/api/"
ANY_ACTION = re.compile(".")
ANSWERED_WITHIN = 2.0
"""Seconds for an answer to come with the acknowledgement; Slack waits three."""


class SlackDoor:
    """Slash commands, mentions and direct messages of one Slack app.

    ``channels`` binds Slack channel ids to cluster names; ``access`` says who may do what, without
    it the default for these channels holds. ``approver_groups`` are the user groups that approval
    rules name. Changes are told through :attr:`teller`.

    Construction touches no network. :meth:`start` before the executor is opened and before the
    first request; close the executor before :meth:`close`, so that every run's end is still told.
    Without a ``signing_secret`` nothing is taken over HTTP: Socket Mode alone.
    ``pending``, ``replays``, ``claims`` and ``memory`` are shared by replicas; without, they are
    this process' own. ``long_run``: seconds after which the end of a run rings;
    ``old_answer``: after which a finding's remedy is asked for only once it was looked at again.
    ``audit_channel``: where the head of the audit is told daily, if anywhere.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        bot_token: str,
        signing_secret: str | None,
        channels: Mapping[str, str],
        access: AccessRules | None = None,
        approver_groups: frozenset[str] = frozenset(),
        api_url: str = API_URL,
        clock: Clock | None = None,
        replays: Replays | None = None,
        pending: Pending | None = None,
        claims: Claims | None = None,
        memory: Memory | None = None,
        on_call: Callable[[str, float, str], None] | None = None,
        long_run: float = LONG_RUN,
        audit_channel: str = "",
        old_answer: float = OLD,
    ) -> None:
        self._long_run = long_run
        self._executor = executor
        self._channels = dict(channels)
        self._clock = clock or SystemClock()
        self._guard = (
            Guard(signing_secret, replays or MemoryReplays(), self._clock)
            if signing_secret is not None
            else None
        )
        self._answered = Answered()
        self._api = WebApi(bot_token, api_url, on_call)
        self.outbox = Outbox(self._api, self._clock, pending)
        self._waiting = Waiting(executor, self.outbox, self._clock)
        rules = access or without_file(frozenset(self._channels))
        self.reading = Reading(self._api)
        groups = rules.groups | approver_groups
        self._people = People(self.reading, groups, self._clock)
        self.admission = Admission(rules, self._people)
        executor.answer_through(Door.SLACK, self._reporter, self.admission.admit, self.outbox.kept)
        links = Links(self._people, self.outbox)
        gather = Gather(
            executor,
            self.admission,
            self._channels,
            memory or ProcessMemory(),
            links,
            GatherChanges(executor, Places(self._channels), links),
        )
        self.home = Home(executor, gather, self.outbox, self._api, self._clock)
        executor.watch(self.home)
        self._asking = Asking(executor, self._channels, self._api, self.outbox, self.take)
        self._changes = SlackChanges(
            *(executor, self.outbox, self._people, self.admission, self._channels),
            *(links, self._api, self.home, self.take),
            audit_channel=audit_channel,
            old_answer=old_answer,
        )
        self.teller = self._changes.teller
        self._bolt = bolt_app(bot_token)
        self._listen(Doubles(self._clock, claims))

    def _listen(self, doubles: Doubles) -> None:
        """What of Slack's requests goes where."""
        home = HomeListeners(self.home)
        clicks = Clicks(
            self._executor, self.outbox, self.admission, doubles, self.take, self._changes.offered
        )
        self._bolt.command(messages.SLASH)(self._on_command)
        self._bolt.event("app_mention", middleware=[self._hear])(taken_already)
        self._bolt.event("message", middleware=[self._hear])(taken_already)
        self._bolt.event(HOME_OPENED)(home.on_opened)
        for action_id, listener in home.actions.items():
            self._bolt.action(action_id)(listener)
        self._changes.listen(self._bolt)
        self._bolt.action(ANY_ACTION, matchers=[on_a_message])(clicks.on_click)
        self._bolt.action(form.COMMAND)(self._asking.on_change)
        self._bolt.action(form.CLUSTER)(self._asking.on_change)
        self._bolt.view(form.CALLBACK)(self._asking.on_submit)

    def routes(self) -> list[web.RouteDef]:
        """What to mount: ``POST /slack/events``, behind the guard."""
        return [web.post(PATH, self._guard.protect(self._dispatch))] if self._guard else []

    async def start(self) -> None:
        """Open the connections to Slack, and send what an earlier process left."""
        await self._api.open()
        self.outbox.open()
        self.home.open()

    async def close(self) -> None:
        """Send what waits, for a few seconds, and close the connections."""
        self._waiting.close()
        await self.home.close()
        await self.outbox.close()
        await self._api.close()

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        try:
            body = body_of(await request.read(), request.content_type)
        except Unreadable as error:
            logger.warning("a signed request cannot be read: %s", error)
            return web.Response(status=400)
        return await to_aiohttp_response(await self.answer(body))

    async def answer(self, body: dict[str, Any], envelope_id: str = "") -> BoltResponse:
        """The listeners' answer to a genuine request of Slack, whichever way it came; one that
        comes again is not answered twice."""
        # Bolt's own reader takes any body that contains the word "payload" for a click and loses
        # the command; a parsed body goes past it.
        asked = AsyncBoltRequest(body=body, mode="socket_mode")
        key = key_of(body, envelope_id)
        return await self._answered.once(key, lambda: self._bolt.async_dispatch(asked))

    async def _on_command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        asked = Asked.of(command)
        if not asked.text.strip():
            await ack()
            await self._asking.open(asked)
            return
        answer = asyncio.create_task(self.take(asked), name="slack command")
        await asyncio.wait({answer}, timeout=ANSWERED_WITHIN)
        if not answer.done():
            await ack()
            if (late := await answer) is not None:
                self.outbox.private(asked.private, late, asked.once("answer"))
        elif (said := answer.result()) is None:
            await ack()
        else:
            await ack(text=said.text, blocks=list(said.blocks))

    async def take(self, asked: Asked) -> Message | None:
        """Have a run of ``asked`` accepted, or a change; the message says what there is instead of
        one."""
        understood = self._understand(asked)
        if not isinstance(understood, Start) or understood.command.is_remedy:
            return await self._answer(understood)
        try:
            record = await self._start(understood)
        except Exception:  # the border: whatever it was, the person is told at once
            logger.exception("a run could not be started")
            return messages.fixed(messages.TROUBLE)
        self._waiting.watch(record)
        return None

    async def _hear(
        self, body: dict[str, Any], next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Take an event for good. A middleware, because Bolt acknowledges before its listeners."""
        asked = asked_in(body)
        if asked is None:
            await next_()
            return None
        if self.outbox.closed or self._executor.closed:
            return BoltResponse(status=503)  # sent again, it finds this bot or another one up
        understood = self._understand(asked)
        if not isinstance(understood, Start) or understood.command.is_remedy:
            said = await self._answer(understood)
            if said is not None:
                self.outbox.private(asked.private, said, asked.once("answer"))
            await self.outbox.kept()
        else:
            self._waiting.watch(await self._start(understood))
        await next_()
        return None

    async def _answer(self, understood: Message | Start | AtOnce) -> Message | None:
        """What is no run: said already, answered at once, or a change that is asked for."""
        if isinstance(understood, Message):
            return understood
        return await self._changes.answer(understood)

    def _understand(self, asked: Asked) -> Message | Start | AtOnce:
        """As the grammar says, unless the answer could not be delivered."""
        understood = understand(self._executor, self._channels, asked)
        if isinstance(understood, Start):
            if self.outbox.closed or self._executor.closed:
                return messages.fixed(messages.CLOSING)
            if self.outbox.full:
                command = code(understood.asked.terminal, 300)
                return messages.fixed(messages.OUTBOX_FULL.format(command=command))
        return understood

    async def _start(self, start: Start) -> RunRecord:
        """Have the run accepted; the same request delivered twice is one run."""
        asked = start.asked
        return await self._executor.start(
            start.command, start.cluster, asked.requester, asked.origin, once=asked.trigger
        )

    def _reporter(self, record: RunRecord) -> Reporter:
        if ORIGIN in record.request.origin:
            return self.home.reporter(record, self._long_run, self._changes.offered)
        asked = Asked.of_record(record)
        if self._channels and asked.channel not in self._channels and not asked.is_direct:
            return PrivateAnswer(self.outbox, asked, self._long_run, self._changes.offered)
        return LiveMessage(
            self.outbox, asked, self._long_run, self._people.name, self._changes.offered
        )
