"""What the bot uses of Slack: methods with the scopes they need, commands, events, the address.

``config/slack-manifest.yaml`` is tested against this, and this against the code. Sources: the page
of each method on docs.slack.dev.
"""

from __future__ import annotations

from bot.slack.messages import SLASH

METHODS: dict[str, frozenset[str]] = {
    "auth.test": frozenset(),
    "chat.postMessage": frozenset(["chat:write"]),
    "chat.update": frozenset(["chat:write"]),
    "conversations.info": frozenset(["channels:read", "groups:read"]),
    "files.completeUploadExternal": frozenset(["files:write"]),
    "files.getUploadURLExternal": frozenset(["files:write"]),
    "usergroups.users.list": frozenset(["usergroups:read"]),
    "users.info": frozenset(["users:read"]),
}
OPTIONAL: dict[str, frozenset[str]] = {
    "conversations.history": frozenset(["channels:history", "groups:history"]),
    "conversations.replies": frozenset(["channels:history", "groups:history"]),
}
"""Methods the bot gets along without (docs/operations.md says how): their scopes would let it read
everything that is written in its channels, so the manifest does not ask for them."""
COMMANDS = (SLASH,)
COMMAND_SCOPE = "commands"
EVENTS: tuple[str, ...] = ()

SCOPES = frozenset([COMMAND_SCOPE]).union(*METHODS.values())
ONLY_FOR_GROUPS = METHODS["usergroups.users.list"]
"""Needed only where access rules name user groups."""
ONLY_FOR_DOCTOR = METHODS["conversations.info"]
"""Needed only to see whether the bot is in its channels."""
