"""The shapes in which Slack hands out messages, channels, people and files."""

import mimetypes
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from bot.playground.slack import directory
from bot.playground.slack.records import Channel, File, Message, User
from bot.playground.slack.state import State


def message(state: State, shown: Message, *, metadata: bool = True) -> dict[str, Any]:
    """A message as in `chat.postMessage`, `conversations.history` and click payloads."""
    answer: dict[str, Any] = {
        "type": "message",
        "user": shown.user or directory.BOT.id,
        "ts": shown.ts,
        "text": shown.text,
        "team": directory.TEAM_ID,
    }
    if shown.bot:
        answer |= {"bot_id": shown.bot, "app_id": directory.APP_ID}
    if shown.blocks:
        answer["blocks"] = shown.blocks
    if shown.shows_edited:
        answer["edited"] = {"user": directory.BOT_ID, "ts": shown.ts}
    if shown.files:
        answer["files"] = [file(state, attached) for attached in shown.files]
    if shown.metadata and metadata:
        answer["metadata"] = shown.metadata
    if shown.thread_ts:
        answer["thread_ts"] = shown.thread_ts
    elif replies := state.board.replies(shown):
        answer |= {
            "thread_ts": shown.ts,
            "reply_count": len(replies),
            "latest_reply": replies[-1].ts,
        }
    return answer


def channel(shown: Channel) -> dict[str, Any]:
    if shown.is_im:
        person = next(iter(shown.members - {directory.BOT.id}))
        return {"id": shown.id, "is_im": True, "is_channel": False, "user": person}
    return {
        "id": shown.id,
        "name": shown.name,
        "name_normalized": shown.name,
        "is_channel": True,
        "is_im": False,
        "is_private": False,
        "is_archived": False,
        "is_member": directory.BOT.id in shown.members,
        "purpose": {"value": shown.purpose},
        "num_members": len(shown.members),
    }


def user(shown: User) -> dict[str, Any]:
    return {
        "id": shown.id,
        "team_id": directory.TEAM_ID,
        "name": shown.name,
        "real_name": shown.real_name,
        "deleted": False,
        "is_bot": shown.is_bot,
        "is_app_user": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "tz": "Etc/UTC",
        "profile": {"real_name": shown.real_name, "display_name": shown.name},
    }


def file(state: State, shown: File) -> dict[str, Any]:
    link = f"{state.base_url}/files/{shown.id}/{quote(shown.name)}"
    return {
        "id": shown.id,
        "name": shown.name,
        "title": shown.title or shown.name,
        "mimetype": mimetype(shown),
        "filetype": PurePath(shown.name).suffix.removeprefix(".") or "text",
        "size": len(shown.content or b""),
        "mode": "hosted",
        "url_private": link,
        "permalink": link,
    }


def mimetype(shown: File) -> str:
    """What the name says; text where it says nothing."""
    return mimetypes.guess_type(shown.name)[0] or "text/plain"
