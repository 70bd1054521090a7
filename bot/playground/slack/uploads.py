"""File upload in Slack's three calls - ask for a URL, send the bytes there, complete - and info."""

import secrets
from typing import Any

from aiohttp import web

from bot.playground.slack import answers
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.directory import BOT_ID
from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import SIZES
from bot.playground.slack.records import File, Message
from bot.playground.slack.state import State


class Uploads:
    """The upload URLs handed out; a URL is its own credential, as at Slack."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tickets: dict[str, File] = {}

    def get_url(self, state: State, arguments: Arguments) -> dict[str, Any]:
        name = arguments.text("filename")
        size = arguments.number("length", 0)
        if not name:
            raise SlackError("invalid_arguments", ["missing required field: filename"])
        if size <= 0:
            raise SlackError("invalid_arguments", ["length must be more than 0"])
        alt = arguments.text("alt_txt") or ""
        if len(alt) > SIZES["file.alt_txt"]:
            raise SlackError("alt_txt_too_large")
        file = File(f"F0{secrets.token_hex(5).upper()}", name.replace("/", "_"), size)
        file.alt = alt
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = file
        return {"upload_url": f"{state.base_url}/upload/v1/{ticket}", "file_id": file.id}

    async def receive(self, request: web.Request) -> web.Response:
        """The bytes, as the plain body or as the first part of a form."""
        file = self._tickets.get(request.match_info["ticket"])
        if file is None:
            return web.Response(status=404, text="unknown upload")
        content = await _content(request)
        if len(content) != file.expected_size:
            return web.Response(
                status=400, text=f"expected {file.expected_size} bytes, got {len(content)}"
            )
        file.content = content
        self._state.files[file.id] = file
        return web.Response(text=f"OK - {len(content)}")

    def complete(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """Share uploaded files in a channel; done twice, it posts twice, as at Slack."""
        files = [
            self._uploaded(entry)
            for entry in arguments.structure("files", error="invalid_arguments") or []
        ]
        if not files:
            raise SlackError("invalid_arguments", ["missing required field: files"])
        named = arguments.text("channel_id") or arguments.text("channels") or ""
        for channel_id in filter(None, named.split(",")):
            channel = state.directory.joined_by_bot(channel_id)
            thread_ts = arguments.text("thread_ts")
            if thread_ts and state.board.find(channel.id, thread_ts) is None:
                raise SlackError("invalid_thread_ts")
            state.board.post(
                Message(
                    ts=state.board.next_ts(),
                    channel=channel.id,
                    bot=BOT_ID,
                    text=arguments.text("initial_comment") or "",
                    thread_ts=thread_ts,
                    files=files,
                )
            )
        return {"files": [answers.file(state, file) for file in files]}

    def info(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """`files.info`: what is known of one file, and where it was shared."""
        file = state.files.get(arguments.text("file") or "")
        if file is None:
            raise SlackError("file_not_found")
        shared = [
            channel.id
            for channel in state.directory.channels.values()
            if any(file in message.files for message in state.board.in_channel(channel.id))
        ]
        return {"file": {**answers.file(state, file), "channels": shared}, "comments": []}

    def _uploaded(self, entry: Any) -> File:
        id = entry.get("id") if isinstance(entry, dict) else None  # noqa: A001 - Slack's word
        file = self._state.files.get(id) if isinstance(id, str) else None
        if file is None:
            raise SlackError("file_not_found")
        file.title = str(entry.get("title") or file.name)
        return file


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
