"""What the page shows to one person, as JSON: only what that person may see."""

import struct
from typing import Any, Final

from bot.playground.slack import answers, directory
from bot.playground.slack.records import Channel, File, Message, User
from bot.playground.slack.state import State

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_MESSAGES: Final = 500
_PREVIEW_CHARACTERS: Final = 1_500


def may_see(viewer: User, channel: Channel, message: Message) -> bool:
    """Private messages are for one person, direct messages for their two ends."""
    return viewer.id in channel.members and message.ephemeral_to in (None, viewer.id)


def snapshot(state: State, viewer: User) -> dict[str, Any]:
    """The workspace as it stands: people, channels, and the newest messages of each channel."""
    channels = [
        channel for channel in state.directory.channels.values() if viewer.id in channel.members
    ]
    return {
        "team": directory.TEAM_NAME,
        "viewer": viewer.id,
        "bot": {"id": directory.BOT_ID, "user": directory.BOT.id, "name": directory.BOT.real_name},
        "people": [_person(person) for person in directory.PEOPLE],
        "users": {user.id: user.real_name for user in state.directory.users.values()},
        "channels": [_channel(channel) for channel in channels],
        "messages": [
            message(state, shown)
            for channel in channels
            for shown in state.board.in_channel(channel.id)[-_MOST_MESSAGES:]
            if may_see(viewer, channel, shown)
        ],
    }


def message(state: State, shown: Message) -> dict[str, Any]:
    replies = state.board.replies(shown) if shown.thread_ts is None else []
    return {
        "ts": shown.ts,
        "channel": shown.channel,
        "user": shown.user or directory.BOT.id,
        "app": shown.bot is not None,
        "text": shown.text,
        "blocks": shown.blocks,
        "thread_ts": shown.thread_ts,
        "ephemeral": shown.ephemeral_to is not None,
        "edited": shown.shows_edited,
        "files": [_file(file) for file in shown.files],
        "reactions": shown.reactions,
        "replies": len(replies),
        "last_reply": replies[-1].ts if replies else None,
    }


def _person(person: User) -> dict[str, str]:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "role": person.role,
    }


def _channel(channel: Channel) -> dict[str, Any]:
    name = directory.BOT.real_name if channel.is_im else channel.name
    return {
        "id": channel.id,
        "name": name,
        "purpose": channel.purpose,
        "direct": channel.is_im,
        "kind": _kind(channel),
        "bot_is_member": directory.BOT.id in channel.members,
    }


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "direct"
    if channel.is_shared:
        return "shared"
    return "private" if channel.is_private else "public"


def _picture_size(content: bytes) -> dict[str, int]:
    """Width and height of a PNG, so that the page keeps its place before it is loaded."""
    if len(content) < 24 or not content.startswith(_PNG):
        return {}
    width, height = struct.unpack(">II", content[16:24])
    return {"width": width, "height": height}


def _file(file: File) -> dict[str, Any]:
    content = file.content or b""
    kind = answers.mimetype(file)
    is_text = kind.startswith("text/") or kind in ("application/json", "application/yaml")
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": kind,
        "alt": file.alt,
        **_picture_size(content),
        "size": len(content),
        "preview": (
            content[: _PREVIEW_CHARACTERS * 4].decode(errors="replace")[:_PREVIEW_CHARACTERS]
            if is_text
            else None
        ),
    }
