"""The browser's door: the page's files, its live events, and what a person does on it."""

import asyncio
import hmac
import json
from contextlib import suppress
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from bot.playground.slack import answers, page_view
from bot.playground.slack.cluster_panel import ClusterPanel
from bot.playground.slack.directory import BOT
from bot.playground.slack.errors import SlackError
from bot.playground.slack.guard import PageGuard
from bot.playground.slack.interactions import Interactions
from bot.playground.slack.invitation import INVITE
from bot.playground.slack.link import Link
from bot.playground.slack.modals import Modals
from bot.playground.slack.page_request import acting, read_body, typed_values, word
from bot.playground.slack.records import Channel, Message, User
from bot.playground.slack.state import State
from bot.playground.slack.view_door import ViewDoor
from bot.playground.slack.views import Views

_STATIC: Final = files("bot.playground.slack") / "page"
_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_SHOWN_IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SECONDS_BETWEEN_BEATS: Final = 15.0
_MOST_TYPED: Final = 12_000

_LOCKED: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Playground</title><body><h1>This page needs its link</h1>
<p>Open the whole link that <code>cilium-oncall demo</code> printed; it carries a token that is
made anew at every start.</p></body></html>"""


class PageDoor:
    """Routes of the page. Every handler asks the guard first."""

    def __init__(
        self,
        state: State,
        guard: PageGuard,
        interactions: Interactions,
        modals: Modals,
        views: Views,
        link: Link,
        cluster: ClusterPanel,
        bot_token: str,
    ) -> None:
        self._state = state
        self._guard = guard
        self._interactions = interactions
        self._link = link
        self._cluster = cluster
        self._bot_token = bot_token
        self._views = ViewDoor(guard, state, modals, views)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index),
            web.get("/page/{name}", self.static),
            web.get("/files/{id}/{name}", self.file),
            web.get("/archives/{channel}/p{digits}", self.permalink),
            web.get("/live/events", self.events),
            web.post("/live/command", self.command),
            web.post("/live/message", self.say),
            web.post("/live/click", self.click),
            web.post("/live/disturb", self.disturb),
            web.post("/live/faults", self.inject),
            web.post("/live/faults/{id}/clear", self.clear),
            *self._views.routes(),
        ]

    async def index(self, request: web.Request) -> web.Response:
        if entered := self._guard.let_in(request):
            return entered
        if not self._guard.knows(request):
            return web.Response(status=403, text=_LOCKED, content_type="text/html")
        return _static_file("index.html")

    async def static(self, request: web.Request) -> web.Response:
        self._guard.check(request)
        return _static_file(request.match_info["name"])

    async def permalink(self, request: web.Request) -> web.Response:
        """Where `chat.getPermalink` points: the page, at that message."""
        self._guard.check(request)
        digits = request.match_info["digits"]
        place = f"{quote(request.match_info['channel'])}/{quote(digits[:-6])}.{quote(digits[-6:])}"
        return web.Response(status=303, headers={"Location": f"/#{place}"})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events for one person: the whole state first, then each change.

        Starting with the state makes a reconnect need no memory of what was missed.
        """
        self._guard.check(request)
        viewer = self._viewer(request.query.get("as", ""))
        await self._cluster.look()
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        # A browser that goes away ends its stream; nothing is wrong with that.
        with suppress(ConnectionResetError), self._state.feed.listen() as queue:
            await response.write(b"retry: 1000\n\n")
            await _send(response, "state", self._whole(viewer))
            while True:
                try:
                    name, value = await asyncio.wait_for(queue.get(), _SECONDS_BETWEEN_BEATS)
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                if name == "end":
                    return response
                if name == "cluster":
                    await _send(response, name, value)
                elif name == "joined":
                    if viewer.id in value.members:
                        await _send(response, name, {"channel": value.id})
                elif name == "link":
                    await _send(response, name, self._link.shown())
                elif name == "views":
                    if value == viewer.id:
                        await _send(response, name, self._views.shown(viewer))
                elif self._shows(viewer, value):
                    await _send(response, name, self._event(name, value))
        return response

    async def command(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        user, channel = self._place(body)
        ack = await self._interactions.command(
            word(body, "command"), word(body, "text"), user=user, channel=channel
        )
        return web.json_response({"error": ack.error, "seconds": ack.seconds})

    async def say(self, request: web.Request) -> web.Response:
        """A message a person types into a channel or thread."""
        body = await self._body(request)
        user, channel = self._place(body)
        text = word(body, "text").strip()
        thread_ts = word(body, "thread_ts") or None
        if not text or len(text) > _MOST_TYPED:
            raise web.HTTPBadRequest(text=f"Say something, in up to {_MOST_TYPED} characters.")
        try:
            posted = self._interactions.say(text, user=user, channel=channel, thread_ts=thread_ts)
        except SlackError:
            raise web.HTTPNotFound(text="This thread is no longer there.") from None
        return web.json_response({"ts": posted.ts})

    async def click(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        user, channel = self._place(body)
        message = self._state.board.find(channel.id, word(body, "ts"))
        if message is None or not page_view.may_see(user, channel, message):
            raise web.HTTPNotFound(text="This message is no longer there.")
        try:
            ack = await self._interactions.click(
                message,
                word(body, "block_id"),
                word(body, "action_id"),
                user=user,
                selected=body.get("selected") or None,
                typed=typed_values(body),
            )
        except KeyError:
            raise web.HTTPNotFound(text="This button is no longer there.") from None
        return web.json_response({"error": ack.error, "seconds": ack.seconds})

    async def disturb(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        return web.json_response({"error": await self._link.disturb(word(body, "name"))})

    async def inject(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        error = await self._cluster.inject(word(body, "name"), word(body, "target") or None, {})
        return web.json_response({"error": error})

    async def clear(self, request: web.Request) -> web.Response:
        await self._body(request)
        return web.json_response({"error": await self._cluster.clear(request.match_info["id"])})

    async def file(self, request: web.Request) -> web.Response:
        """An uploaded file, for the page, or for the bot by its token.

        Only plain pictures are shown in place, everything else is saved.
        """
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._bot_token.encode()):
            self._guard.check(request)
        file = self._state.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound(text="No such file.")
        kind = answers.mimetype(file)
        disposition = "inline" if kind in _SHOWN_IMAGES else "attachment"
        return web.Response(
            body=file.content,
            headers={"Content-Type": kind, "Content-Disposition": disposition},
        )

    def _whole(self, viewer: User) -> dict[str, Any]:
        return {
            **page_view.snapshot(self._state, viewer),
            "commands": [
                {"command": known.command, "hint": known.usage_hint, "about": known.description}
                for known in self._interactions.commands.values()
            ],
            "own_commands": [
                {"command": known.command, "hint": known.usage_hint, "about": known.description}
                for known in (INVITE,)
            ],
            "cluster": self._cluster.shown,
            "views": self._views.shown(viewer),
            "link": self._link.shown(),
            "mention": f"@{BOT.name}",
            "hears": list(self._state.subscribed),
        }

    def _shows(self, viewer: User, message: Message) -> bool:
        channel = self._state.directory.channels[message.channel]
        return page_view.may_see(viewer, channel, message)

    def _event(self, name: str, message: Message) -> dict[str, Any]:
        if name == "removed":
            return {"channel": message.channel, "ts": message.ts}
        return page_view.message(self._state, message)

    async def _body(self, request: web.Request) -> dict[str, Any]:
        return await read_body(self._guard, request)

    def _viewer(self, name: str) -> User:
        return acting(self._state, name)

    def _place(self, body: dict[str, Any]) -> tuple[User, Channel]:
        """Who acts where: a person in a channel they are a member of."""
        user = self._viewer(word(body, "as"))
        channel = self._state.directory.channels.get(word(body, "channel"))
        if channel is None or user.id not in channel.members:
            raise web.HTTPNotFound(text="No such channel.")
        return user, channel


def _static_file(name: str) -> web.Response:
    kind = _TYPES.get(PurePath(name).suffix)
    known = {entry.name for entry in _STATIC.iterdir()}
    if kind is None or name not in known:
        raise web.HTTPNotFound(text="No such file.")
    return web.Response(body=(_STATIC / name).read_bytes(), content_type=kind, charset="utf-8")


async def _send(response: web.StreamResponse, name: str, value: Any) -> None:
    data = json.dumps(value, separators=(",", ":"), default=str)
    await response.write(f"event: {name}\ndata: {data}\n\n".encode())
