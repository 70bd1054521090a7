"""What Slack makes of a text that a person typed, before an app sees it.

Source: "Formatting text" and "Slash commands" (escaping) in Slack's developer documentation.
"""

import re
from typing import Final

from bot.playground.slack.directory import Directory

_MENTION: Final = re.compile(r"(?<!\S)([@#])([a-z0-9][\w.-]*)")
_LINK: Final = re.compile(
    r"(?<!\S)(https?://[^\s<>|]+|(?:[a-z0-9-]+\.)+(?:com|io|net|org|dev|cloud|internal)\b[^\s<>|]*)",
    re.IGNORECASE,
)


def escape(text: str) -> str:
    """&, < and > become entities; nothing else does."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def with_markup(text: str, directory: Directory) -> str:
    """Escaped, with @people, #channels and anything that looks like a link in angle brackets.

    This is how `node-7.example.com` arrives as `<http://node-7.example.com|node-7.example.com>`.
    """
    return _MENTION.sub(lambda found: _mention(found, directory), _LINK.sub(_link, escape(text)))


def _link(found: re.Match[str]) -> str:
    link = found[1]
    return f"<{link}>" if "://" in link else f"<http://{link}|{link}>"


def _mention(found: re.Match[str], directory: Directory) -> str:
    sign, name = found[1], found[2]
    if sign == "@":
        known = next((user.id for user in directory.users.values() if user.name == name), None)
        return f"<@{known}>" if known else found[0]
    channel = next((c.id for c in directory.channels.values() if c.name == name), None)
    return f"<#{channel}|{name}>" if channel else found[0]
