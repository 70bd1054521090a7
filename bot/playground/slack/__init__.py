"""A local Slack workspace: Slack's HTTP protocol for the bot, and a page for people.

`docs/playground-slack.md` says what it models and what it does not.
"""

from bot.playground.slack.records import Ack, Call, File, Message, SlashCommand
from bot.playground.slack.workspace import Workspace

__all__ = ["Ack", "Call", "File", "Message", "SlashCommand", "Workspace"]
