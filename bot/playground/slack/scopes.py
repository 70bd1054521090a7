"""Which scope each method needs, and the refusal where the bot's token has it not.

Source: the "Required scopes" of each method's page in Slack's developer documentation.
"""

from typing import Final

from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.state import State

ALL_SCOPES: Final = (
    *("app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write"),
    *("commands", "files:read", "files:write", "groups:history", "groups:read", "im:history"),
    *("im:read", "im:write", "reactions:write", "usergroups:read", "users:read"),
)
"""Everything that this workspace knows; what the bot's token has unless told otherwise."""

APP_SCOPES: Final = ("connections:write",)

_BY_METHOD: Final = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "reactions.add": "reactions:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "conversations.open": "im:write",
    "conversations.join": "channels:join",
}
_BY_CHANNEL: Final = {
    # the second half of a scope whose first half says what kind of conversation it is
    "conversations.info": "read",
    "conversations.members": "read",
    "conversations.history": "history",
    "conversations.replies": "history",
}
_AREAS: Final = {"public_channel": "channels", "private_channel": "groups", "im": "im"}


def needed(method: str, state: State, given: Arguments) -> list[str]:
    """The scopes without which this call is refused."""
    if method in _BY_METHOD:
        return [_BY_METHOD[method]]
    if method == "conversations.list":
        kinds = (given.text("types") or "public_channel").split(",")
        return [f"{_AREAS[kind]}:read" for kind in kinds if kind in _AREAS]
    if method in _BY_CHANNEL:
        channel = state.directory.channels.get(given.text("channel") or "")
        area = "channels"
        if channel is not None and (channel.is_im or channel.is_private):
            area = "im" if channel.is_im else "groups"
        return [f"{area}:{_BY_CHANNEL[method]}"]
    return []


def check(method: str, state: State, given: Arguments, provided: tuple[str, ...]) -> None:
    """SlackError("missing_scope"), with what is needed and what the token has."""
    missing = [scope for scope in needed(method, state, given) if scope not in provided]
    if missing:
        raise SlackError("missing_scope", needed=",".join(missing), provided=",".join(provided))
