"""The shapes in which Slack hands out messages, channels, people and files."""

import mimetypes
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from bot.playground.slack import directory
from bot.playground.slack.records import Channel, File, Message, User, UserGroup
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
        "is_group": False,
        "is_im": False,
        "is_private": shown.is_private,
        "is_archived": False,
        "is_general": shown.name == "general",
        "is_shared": shown.is_shared,
        "is_ext_shared": shown.is_shared,
        "is_member": directory.BOT.id in shown.members,
        "purpose": {"value": shown.purpose},
        "num_members": len(shown.members),
    }


def user(state: State, shown: User) -> dict[str, Any]:
    """A person as `users.info` says; Slack tells little of those who are gone or strangers."""
    known: dict[str, Any] = {
        "id": shown.id,
        "team_id": shown.team,
        "name": shown.name,
        "deleted": shown.is_gone,
        "is_bot": shown.is_bot,
        "is_app_user": False,
        "profile": {
            "real_name": shown.real_name,
            "display_name": shown.name,
            "team": shown.team,
        },
    }
    if shown.team != directory.TEAM_ID:
        known["is_stranger"] = state.directory.is_stranger(shown)
    if shown.is_gone:
        return known
    return known | {
        "real_name": shown.real_name,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": shown.is_guest,
        "is_ultra_restricted": False,
        "tz": "Etc/UTC",
    }


def user_group(shown: UserGroup, *, with_users: bool = False) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": shown.id,
        "team_id": directory.TEAM_ID,
        "is_usergroup": True,
        "handle": shown.handle,
        "name": shown.name,
        "description": "",
        "is_external": False,
        "date_delete": 0,
        "user_count": len(shown.members),
    }
    return known | ({"users": list(shown.members)} if with_users else {})


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
        "alt_txt": shown.alt,
        "url_private": link,
        "url_private_download": link,
        "permalink": link,
    }


def mimetype(shown: File) -> str:
    """What the name says; text where it says nothing."""
    return mimetypes.guess_type(shown.name)[0] or "text/plain"
