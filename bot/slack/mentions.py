"""``@cilium ...`` in channels and threads, and messages to the bot alone: what they ask for. Pure.

Slack has no slash commands in threads; a mention works anywhere the bot is. Sources: "app_mention",
"message.im", "Events API" (``authorizations``) and "Formatting message text" on docs.slack.dev.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.slack.asked import Asked
from bot.slack.messages import MENTION

_BY_PEOPLE = frozenset(["", "file_share", "thread_broadcast"])
"""Subtypes of messages that a person wrote; the others tell of edits, joins, bots."""

_MENTION = re.compile(
    r"```.*?```|`[^`\n]*`"  # code
    r"|^&gt;&gt;&gt;.*|^&gt;[^\n]*"  # a quotation: to the end, or of one line
    r"|<@(?P<user>[UW][A-Z0-9]*)(?:\|[^<>]*)?>",
    re.DOTALL | re.MULTILINE,
)


def asked_in(body: Mapping[str, object]) -> Asked | None:
    """What an event asks the bot for; ``None`` when it asks for nothing.

    Nothing is asked by bots (this one included), by an edited message, or by a mention that is
    quoted or stands in code. The text is what follows the mention on its line, or on the next.
    """
    event, bot = _object(body, "event"), _authorization(body)
    is_direct = event.get("type") == "message"
    if is_direct and event.get("channel_type") != "im":
        return None
    if not _is_by_a_person(event, _text(bot, "user_id")):
        return None
    text = addressed(_text(event, "text"), _text(bot, "user_id"))
    if text is None and is_direct:
        text = _command(_text(event, "text"))
    if text is None:
        return None
    thread = _text(event, "thread_ts")
    return Asked(
        channel=_text(event, "channel"),
        user=_text(event, "user"),
        user_name="",
        text=text,
        thread="" if thread == _text(event, "ts") else thread,
        trigger=_text(body, "event_id"),
        other_team=_other_team(event, bot),
        command=MENTION,
    )


def addressed(text: str, bot: str) -> str | None:
    """What ``text`` says to the user id ``bot``; ``None`` when it does not mention it.

    Without ``bot`` any mention is taken for it: Slack sends the event only where it was mentioned.
    """
    for found in _MENTION.finditer(text):
        if found["user"] and (not bot or found["user"] == bot):
            return _command(text[found.end() :], found["user"])
    return None


def _command(text: str, bot: str = "") -> str:
    """The first line that says something, without code marks and further mentions of ``bot``."""
    if bot:
        text = re.sub(rf"<@{bot}(?:\|[^<>]*)?>", " ", text)
    lines = (line.strip(" \t:,") for line in text.replace("`", " ").splitlines())
    return next(filter(None, lines), "")


def _is_by_a_person(event: Mapping[str, object], bot: str) -> bool:
    user, channel = _text(event, "user"), _text(event, "channel")
    return (
        bool(user and channel)
        and user != bot
        and not event.get("bot_id")
        and not event.get("edited")
        and _text(event, "subtype") in _BY_PEOPLE
    )


def _authorization(body: Mapping[str, object]) -> Mapping[str, object]:
    """Whose installation heard the event: the bot's user id and its workspace."""
    listed = body.get("authorizations")
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, Mapping) and first.get("is_bot") is True else {}


def _other_team(event: Mapping[str, object], bot: Mapping[str, object]) -> str:
    """The workspace of somebody from elsewhere (Slack Connect); empty when not known to be so.

    Not within an Enterprise Grid: there a person belongs to several workspaces.
    """
    names = ("user_team", "source_team", "team")
    team = next(filter(None, (_text(event, name) for name in names)), "")
    own = _text(bot, "team_id")
    return "" if not own or bot.get("enterprise_id") or team == own else team


def _object(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""
