"""Response URLs: five answers to a command or click within thirty minutes, without a token."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.playground.slack.arguments import Arguments
from bot.playground.slack.content import read_content
from bot.playground.slack.directory import BOT_ID, TEAM_ID
from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import RESPONSE_URL_SECONDS, SIZES
from bot.playground.slack.records import Channel, Message, User
from bot.playground.slack.state import State


@dataclass
class Conversation:
    """Who asked, where, and the message that `replace_original` and `delete_original` mean."""

    channel: Channel
    user: User
    original: Message | None
    thread_ts: str | None
    until: float
    posts: int = 0


class ResponseUrls:
    """Hands out response URLs and takes what is posted to them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._open: dict[str, Conversation] = {}

    def open(
        self, channel: Channel, user: User, original: Message | None = None
    ) -> tuple[str, Conversation]:
        """A new URL, unguessable, and what it stands for."""
        key = f"{TEAM_ID}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        conversation = Conversation(
            channel=channel,
            user=user,
            original=original,
            thread_ts=original.thread_ts if original else None,
            until=self._state.clock.now() + RESPONSE_URL_SECONDS,
        )
        self._open[key] = conversation
        return f"{self._state.base_url}/response/{key}", conversation

    async def receive(self, request: web.Request) -> web.Response:
        """A post of the bot: "ok", or an error in the shape of Slack's hooks."""
        conversation = self._open.get(request.match_info["key"])
        if conversation is None:
            return _refused(404, "invalid_url")
        if self._state.clock.now() > conversation.until:
            return _refused(404, "expired_url")
        if conversation.posts >= SIZES["response_url.posts"]:
            return _refused(404, "used_url")
        try:
            body = json.loads(await request.text())
        except (ValueError, RecursionError):
            return web.Response(status=400, text="invalid_payload")
        if not isinstance(body, dict):
            return web.Response(status=400, text="invalid_payload")
        try:
            self.respond(conversation, body)
        except SlackError as refused:
            return web.Response(status=400, text=refused.error)
        conversation.posts += 1
        return web.Response(text="ok")

    def respond(self, conversation: Conversation, body: dict[str, Any]) -> None:
        """Carry out one answer: delete or replace the original, or post; private by default."""
        board = self._state.board
        original = conversation.original
        if body.get("delete_original") is True and original is not None:
            board.remove(original)
            conversation.original = None
            return
        content = read_content(self._state, Arguments(body))
        if body.get("replace_original") is True and original is not None:
            board.change(
                original,
                text=content.text or "",
                blocks=content.blocks or [],
                metadata=content.metadata or original.metadata,
            )
            return
        in_channel = body.get("response_type") == "in_channel"
        thread_ts = body.get("thread_ts") or conversation.thread_ts
        posted = board.post(
            Message(
                ts=board.next_ts(),
                channel=conversation.channel.id,
                bot=BOT_ID,
                text=content.text or "",
                blocks=content.blocks or [],
                thread_ts=str(thread_ts) if thread_ts else None,
                ephemeral_to=None if in_channel else conversation.user.id,
                metadata=content.metadata or None,
            )
        )
        # What a command's URL posted first is what its later posts may replace.
        conversation.original = conversation.original or posted


def _refused(status: int, error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)
