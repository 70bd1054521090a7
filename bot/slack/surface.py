"""What the bot uses of Slack: methods and events with the scopes they need, commands.

``config/slack-manifest.yaml`` is tested against this, and this against the code. Sources: the page
of each method and event on docs.slack.dev.
"""

from __future__ import annotations

from bot.slack.messages import SLASH

METHODS: dict[str, frozenset[str]] = {
    "apps.connections.open": frozenset(),  # by the app-level token: APP_SCOPES
    "auth.test": frozenset(),
    "chat.postEphemeral": frozenset(["chat:write"]),
    "chat.postMessage": frozenset(["chat:write"]),
    "chat.update": frozenset(["chat:write"]),
    "conversations.info": frozenset(["channels:read", "groups:read"]),
    "conversations.open": frozenset(["im:write"]),
    "files.completeUploadExternal": frozenset(["files:write"]),
    "files.getUploadURLExternal": frozenset(["files:write"]),
    "usergroups.users.list": frozenset(["usergroups:read"]),
    "users.info": frozenset(["users:read"]),
    "views.open": frozenset(),
    "views.publish": frozenset(),
    "views.update": frozenset(),
}
OPTIONAL: dict[str, frozenset[str]] = {
    "conversations.history": frozenset(["channels:history", "groups:history"]),
    "conversations.replies": frozenset(["channels:history", "groups:history"]),
}
"""Methods the bot gets along without: their scopes let it read all that is written in its channels.
The manifest asks for them, because a bot that is killed while it posts would leave a message behind
that says "looking" for ever; who does not like that takes them out (docs/operations.md)."""
APP_SCOPES = frozenset(["connections:write"])
"""Of the app-level token, only for Socket Mode; no manifest can ask for them."""
COMMANDS = (SLASH,)
COMMAND_SCOPE = "commands"
INTERACTIVE = True
"""Clicks and modals come to the same address as commands."""
HOME_OPENED = "app_home_opened"
EVENTS: dict[str, frozenset[str]] = {
    HOME_OPENED: frozenset(),
    "app_mention": frozenset(["app_mentions:read"]),
    "message.im": frozenset(["im:history"]),
}

SCOPES = frozenset([COMMAND_SCOPE]).union(*METHODS.values(), *EVENTS.values())
ONLY_FOR_GROUPS = METHODS["usergroups.users.list"]
"""Needed only where access rules name user groups."""
ONLY_FOR_DOCTOR = METHODS["conversations.info"]
"""Needed only to see whether the bot is in its channels."""
