"""The workspace as one thing to start, talk to, look into and disturb."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from aiohttp import web

from bot.playground.slack import guard
from bot.playground.slack.blocks import find_control
from bot.playground.slack.clock import Clock
from bot.playground.slack.cluster_panel import ClusterPanel, Controls
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.directory import PEOPLE
from bot.playground.slack.events import ALL_EVENTS, Events
from bot.playground.slack.faults import Failure
from bot.playground.slack.guard import PageGuard
from bot.playground.slack.interactions import Interactions
from bot.playground.slack.link import Link
from bot.playground.slack.modals import Modals
from bot.playground.slack.page_door import PageDoor
from bot.playground.slack.records import Ack, Call, Message, SlashCommand
from bot.playground.slack.scopes import ALL_SCOPES
from bot.playground.slack.sockets import Sockets
from bot.playground.slack.state import State
from bot.playground.slack.views import Views
from bot.playground.slack.web_api import APP_TOKEN_PREFIX, TOKEN_PREFIX, WebApi

Seen = TypeVar("Seen")

CILIUM: Final = SlashCommand(
    "/cilium",
    "Ask about the cluster's network",
    "status [node] | help",
    should_escape=True,
)
_LARGEST_UPLOAD: Final = 50 * 1024 * 1024
_LOOPBACK: Final = "127.0.0.1"


class Workspace:
    """A Slack workspace on this machine: Web API, events, commands, clicks, modals, and a page.

    `bot_url` is where the bot takes what Slack sends over HTTP; it may be set later. Without one
    the bot connects by Socket Mode with `app_token`. `port` 0 takes a free one. `controls` shows a
    cluster on the page. `time_scale` makes Slack's minutes (rate limits, retries, the life of
    response URLs and sockets) pass that much faster; the three seconds for an answer and for a
    trigger stay. `subscribed` are the events the app asked for; the page offers mentions and the
    home tab only then. `scopes` are those of the bot's token; without `is_paid` there are no user
    groups.

    `events`, `sockets` and `modals` are the hands on those parts, with their own faults.
    """

    def __init__(
        self,
        bot_url: str | None = None,
        signing_secret: str = "",
        port: int = 0,
        controls: Controls | None = None,
        *,
        time_scale: float = 1.0,
        commands: tuple[SlashCommand, ...] = (CILIUM,),
        scopes: tuple[str, ...] = ALL_SCOPES,
        is_paid: bool = True,
        subscribed: tuple[str, ...] = ALL_EVENTS,
    ) -> None:
        self.bot_token = TOKEN_PREFIX + secrets.token_urlsafe(18)
        self.app_token = APP_TOKEN_PREFIX + secrets.token_urlsafe(18)
        self.signing_secret = signing_secret or secrets.token_hex(16)
        self._page_token = secrets.token_urlsafe(18)
        self._port = port
        self._state = State(Clock(time_scale), is_paid=is_paid, subscribed=subscribed)
        self._views = Views(self._state)
        self.sockets = Sockets(self._state)
        self._delivery = Delivery(self.signing_secret, bot_url, self.sockets)
        self.events = Events(self._state, self._delivery)
        self.modals = Modals(self._state, self._delivery, self.events, self._views)
        self._interactions = Interactions(
            self._state, self._delivery, self.events, self._views.triggers, commands
        )
        self._web_api = WebApi(
            self._state,
            bot_token=self.bot_token,
            app_token=self.app_token,
            bot_scopes=scopes,
            views=self._views,
            sockets=self.sockets,
        )
        self._link = Link(self._state, self._delivery, self.events, self.sockets, self._web_api)
        self._cluster = ClusterPanel(controls, self._state.feed)
        self._runner: web.AppRunner | None = None
        for person in PEOPLE:
            self._state.directory.direct_messages(person)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on loopback. OSError if the port is taken."""
        listener = socket.create_server((_LOOPBACK, self._port))
        self._port = listener.getsockname()[1]
        self._state.base_url = f"http://{_LOOPBACK}:{self._port}"
        await self._delivery.start()
        await self._cluster.start()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def stop(self) -> None:
        """End the page's live events, then stop listening."""
        await self.events.stop()
        await self._cluster.stop()
        self._state.feed.end()
        await self.sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._delivery.stop()

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, for `AsyncWebClient(base_url=...)`."""
        return f"{self._state.base_url}/api/"

    @property
    def page_url(self) -> str:
        """The link to the page, with its token."""
        return f"{self._state.base_url}/?token={self._page_token}"

    @property
    def bot_url(self) -> str | None:
        """Where all goes that Slack sends, on this machine; None for Socket Mode."""
        return self._delivery.bot_url

    @bot_url.setter
    def bot_url(self, url: str | None) -> None:
        self._delivery.bot_url = url
        self._state.feed.tell("link", None)

    @property
    def channels(self) -> dict[str, str]:
        """Channel ids by name."""
        known = self._state.directory.channels.values()
        return {channel.name: channel.id for channel in known if not channel.is_im}

    @property
    def users(self) -> dict[str, str]:
        """User ids by name, the bot's own among them."""
        return {user.name: user.id for user in self._state.directory.users.values()}

    @property
    def calls(self) -> list[Call]:
        """Every Web API call so far, oldest first."""
        return self._web_api.calls

    async def command(
        self, command: str, text: str = "", *, user: str = "ana", channel: str = "cilium-oncall"
    ) -> Ack:
        """Type a slash command as a person (by name or id) in a channel (by name or id)."""
        return await self._interactions.command(
            command,
            text,
            user=self._state.directory.person(user),
            channel=self._state.directory.channel(channel),
        )

    async def click(
        self,
        message: Message,
        action_id: str,
        *,
        user: str = "ana",
        selected: Any = None,
    ) -> Ack:
        """Press the message's first button (or menu, choosing `selected`) of this action id.

        `selected` is an option's value, an id or a date; a list where several may be chosen.
        """
        person = self._state.directory.person(user)
        for block in message.blocks:
            if find_control([block], block["block_id"], action_id) is not None:
                return await self._interactions.click(
                    message, block["block_id"], action_id, user=person, selected=selected
                )
        raise KeyError(f"the message has no control {action_id!r}")

    def say(
        self,
        text: str,
        *,
        user: str = "ana",
        channel: str = "cilium-oncall",
        thread_ts: str | None = None,
    ) -> Message:
        """Write a message as a person; the bot hears mentions and direct messages."""
        return self._interactions.say(
            text,
            user=self._state.directory.person(user),
            channel=self._state.directory.channel(channel),
            thread_ts=thread_ts,
        )

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel (by name or id), replies and private ones too, oldest first.

        Direct messages of the bot with a person are in `direct_messages(user)`.
        """
        return self._state.board.in_channel(self._state.directory.channel(channel).id)

    def direct_messages(self, user: str) -> list[Message]:
        """What the bot and a person wrote to each other."""
        person = self._state.directory.person(user)
        return self._state.board.in_channel(self._state.directory.direct_messages(person).id)

    async def wait_for(
        self,
        wanted: Callable[[list[Message]], Seen],
        *,
        channel: str = "cilium-oncall",
        timeout: float = 10.0,
    ) -> Seen:
        """Wait until `wanted(messages)` is true, and return what it returned.

        TimeoutError, with the messages that were there, when that takes over `timeout` seconds.
        """
        with self._state.feed.listen() as changes:
            try:
                async with asyncio.timeout(timeout):
                    while not (seen := wanted(self.messages(channel))):
                        await changes.get()
                    return seen
            except TimeoutError:
                there = [message.text for message in self.messages(channel)]
                raise TimeoutError(
                    f"not seen in #{channel} within {timeout:g} s; there were {there}"
                ) from None

    def throttle(self, method: str, *, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next calls of a method with 429 and `Retry-After` (Slack's seconds)."""
        self._web_api.faults.add(method, Failure(retry_after=retry_after), times)

    def fail(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int = 200,
        times: int = 1,
        done: bool = False,
    ) -> None:
        """Let the next calls of a method fail with an error word or a bare HTTP status.

        With `done` the call takes effect and only its answer is lost.
        """
        if error is None and status == 200:
            raise ValueError("name the error or the HTTP status to fail with")
        self._web_api.faults.add(method, Failure(error, status, done=done), times)

    def delay(self, method: str, seconds: float) -> None:
        """Answer every call of a method later by real seconds; 0 ends it."""
        self._web_api.faults.delay(method, seconds)

    def heal(self) -> None:
        """Take back every throttle, failure and delay, of events and sockets too."""
        self._web_api.faults.clear()
        self.events.heal()
        self.sockets.heal()

    def expire_triggers(self) -> None:
        """Let every trigger id that is out be too old to open a modal."""
        self._views.triggers.expire()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[guard.loopback_only], client_max_size=_LARGEST_UPLOAD)
        app.on_response_prepare.append(guard.add_page_headers)
        page = PageDoor(
            self._state,
            PageGuard(self._page_token, self._port),
            self._interactions,
            self.modals,
            self._views,
            self._link,
            self._cluster,
            self.bot_token,
        )
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._web_api.handle),
                web.get("/link/", self.sockets.connect),
                web.post("/upload/v1/{ticket}", self._web_api.uploads.receive),
                web.post("/response/{key:.+}", self._interactions.response_urls.receive),
                *page.routes(),
            ]
        )
        return app
