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
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.engine.executor import Executor
from bot.engine.reporter import Reporter
from bot.model.access import AccessRules, without_file
from bot.model.errors import StoreUnavailable
from bot.model.run import Door, RunRecord, RunState
from bot.slack import form, messages
from bot.slack.admission import Admission
from bot.slack.answered import Answered, key_of
from bot.slack.asked import Asked
from bot.slack.asking import Asking
from bot.slack.blocks import Message
from bot.slack.calling_back import LONG_RUN
from bot.slack.clicks import Clicks
from bot.slack.clock import Clock, SystemClock
from bot.slack.commands import Start, understand
from bot.slack.doubles import Doubles
from bot.slack.guard import Guard
from bot.slack.home.answer import ORIGIN
from bot.slack.home.gather import Gather
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
from bot.slack.webapi import WebApi
from bot.store.claims import Claims

logger = logging.getLogger(__name__)

PATH = "/slack/events"
API_URL = "https://slack.com/api/"
ANY_ACTION = re.compile(".")
PATIENCE = 2.5
"""Seconds a person waits for a run to begin before being told that it waits."""


class SlackDoor:
    """Slash commands, mentions and direct messages of one Slack app.

    ``channels`` binds Slack channel ids to cluster names; ``access`` says who may do what, without
    it the default for these channels holds.

    Construction touches no network. :meth:`start` before the executor is opened and before the
    first request; close the executor before :meth:`close`, so that every run's end is still told.
    Without a ``signing_secret`` nothing is taken over HTTP: Socket Mode alone.
    ``pending``, ``replays``, ``claims`` and ``memory`` are shared by replicas; without, they are
    this process' own. ``long_run``: seconds after which the end of a run rings.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        bot_token: str,
        signing_secret: str | None,
        channels: Mapping[str, str],
        access: AccessRules | None = None,
        api_url: str = API_URL,
        clock: Clock | None = None,
        replays: Replays | None = None,
        pending: Pending | None = None,
        claims: Claims | None = None,
        memory: Memory | None = None,
        on_call: Callable[[str, float, str], None] | None = None,
        long_run: float = LONG_RUN,
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
        self._waiting: set[asyncio.Task[None]] = set()
        rules = access or without_file(frozenset(self._channels))
        self.reading = Reading(self._api)
        people = People(self.reading, rules.groups, self._clock)
        self.admission = Admission(rules, people)
        executor.answer_through(Door.SLACK, self._reporter, self.admission.admit, self.outbox.kept)
        self._bolt = _bolt_app(bot_token)
        self._bolt.command(messages.SLASH)(self._on_command)
        gather = Gather(
            executor,
            self.admission,
            self._channels,
            memory or ProcessMemory(),
            Links(people, self.outbox),
        )
        self.home = Home(executor, gather, self.outbox, self._api, self._clock)
        executor.watch(self.home)
        listeners = HomeListeners(self.home)
        self._bolt.event(HOME_OPENED)(listeners.on_opened)
        for action_id, listener in listeners.actions.items():
            self._bolt.action(action_id)(listener)
        self._bolt.event("app_mention", middleware=[self._hear])(_heard)
        self._bolt.event("message", middleware=[self._hear])(_heard)
        clicks = Clicks(
            executor, self.outbox, self.admission, Doubles(self._clock, claims), self.take
        )
        self._bolt.action(ANY_ACTION, matchers=[on_a_message])(clicks.on_click)
        self._asking = Asking(executor, self._channels, self._api, self.outbox, self.take)
        self._bolt.action(form.COMMAND)(self._asking.on_change)
        self._bolt.action(form.CLUSTER)(self._asking.on_change)
        self._bolt.view(form.CALLBACK)(self._asking.on_submit)
        self._bolt.error(_on_error)

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
        for task in self._waiting:
            task.cancel()
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
        said = await self.take(asked)
        if said is None:
            await ack()
        else:
            await ack(text=said.text, blocks=list(said.blocks))

    async def take(self, asked: Asked) -> Message | None:
        """Have a run of ``asked`` accepted; the message says what there is instead of one."""
        understood = self._understand(asked)
        if isinstance(understood, Message):
            return understood
        try:
            record = await self._start(understood)
        except Exception:  # the border: whatever it was, the person is told at once
            logger.exception("a run could not be started")
            return messages.fixed(messages.TROUBLE)
        self._watch(record)
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
        if isinstance(understood, Message):
            self.outbox.private(asked.private, understood, asked.once("answer"))
            await self.outbox.kept()
        else:
            self._watch(await self._start(understood))
        await next_()
        return None

    def _understand(self, asked: Asked) -> Message | Start:
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

    def _watch(self, record: RunRecord) -> None:
        waiting = asyncio.create_task(self._tell_that_it_waits(record))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)

    def _reporter(self, record: RunRecord) -> Reporter:
        if ORIGIN in record.request.origin:
            return self.home.reporter(record)
        asked = Asked.of_record(record)
        if self._channels and asked.channel not in self._channels and not asked.is_direct:
            return PrivateAnswer(self.outbox, asked, self._long_run)
        return LiveMessage(self.outbox, asked, self._long_run)

    async def _tell_that_it_waits(self, record: RunRecord) -> None:
        await self._clock.sleep(PATIENCE)
        try:
            now = await self._executor.get(record.id)
        except StoreUnavailable:  # it waits for the store, too
            now = record
        if now is not None and now.state is RunState.QUEUED:
            asked = Asked.of_record(record)
            waits = messages.fixed(messages.WAITING)
            self.outbox.private(asked.private, waits, asked.once("waits"))


def _bolt_app(bot_token: str) -> AsyncApp:
    """Bolt without what the guard and the outbox do better, and without a call at start."""

    async def authorize() -> AuthorizeResult:
        # The request is Slack's own and there is one workspace: no auth.test, which would put
        # Slack's latency before the first acknowledgement.
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=bot_token)

    quiet = logging.getLogger("bot.slack.bolt")
    quiet.setLevel(logging.INFO)
    return AsyncApp(
        name="cilium-oncall",
        logger=quiet,
        authorize=authorize,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,  # bot.slack.mentions leaves out every bot
        process_before_response=False,
        raise_error_for_unhandled_request=True,
    )


async def on_a_message(body: dict[str, Any]) -> bool:
    """Whether a click was on a message, not in a modal or a home tab."""
    container = body.get("container")
    return isinstance(container, dict) and container.get("type") == "message"


async def _heard() -> None:
    """Everything was done before: see :meth:`SlackDoor._hear`."""


async def _on_error(
    error: Exception, body: dict[str, Any], response: BoltResponse | None
) -> BoltResponse | None:
    """The border: what nothing listens to, and a listener that failed before its ack."""
    if isinstance(error, BoltUnhandledRequestError):
        kind = body.get("command") or body.get("type")
        logger.warning("Slack sent what nothing here listens to: %.80r", kind)
        # Slack sends an event again for minutes unless it is taken; this one never will be of use.
        status = 200 if kind == "event_callback" else 404
        return BoltResponse(status=status, body=messages.UNHEARD if "command" in body else "")
    logger.error("a listener failed", exc_info=error)
    if body.get("type") == "event_callback":
        return BoltResponse(status=500)  # Slack sends it again
    return None if response is None else BoltResponse(status=200, body=messages.TROUBLE)
