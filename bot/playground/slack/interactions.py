"""What people do that reaches the bot: slash commands, messages and clicks on messages."""

import json
from typing import Any, Final

from bot.playground.slack import answers, clicks, directory, payloads, values
from bot.playground.slack.blocks import find_control
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.errors import SlackError
from bot.playground.slack.events import Events
from bot.playground.slack.invitation import INVITE, invite
from bot.playground.slack.records import Ack, Channel, Message, SlashCommand, User
from bot.playground.slack.response_urls import Conversation, ResponseUrls
from bot.playground.slack.state import State
from bot.playground.slack.triggers import Triggers
from bot.playground.slack.typed_text import escape, with_markup

_REFUSED: Final = "invalid_command_response"


class Interactions:
    """Builds the payloads as Slack does, delivers them, and shows what came of it."""

    def __init__(
        self,
        state: State,
        delivery: Delivery,
        events: Events,
        triggers: Triggers,
        commands: tuple[SlashCommand, ...],
    ) -> None:
        self._state = state
        self._delivery = delivery
        self._events = events
        self._triggers = triggers
        self.response_urls = ResponseUrls(state)
        self.commands = {command.command: command for command in commands}

    async def command(self, command: str, text: str, *, user: User, channel: Channel) -> Ack:
        """Send a slash command; its failure is shown to the person in Slack's words."""
        if command == INVITE.command:  # Slack's own: no app hears of it
            return Ack(None, "", 0.0, invite(self._state, text, user=user, channel=channel))
        if user.team != directory.TEAM_ID:
            # An app's commands are for the workspace that installed it.
            self._tell(user, channel, f"`{command}` is not a valid command.")
            return Ack(None, "", 0.0, "invalid_command")
        response_url, conversation = self.response_urls.open(channel, user)
        known = self.commands.get(command)
        shaped = with_markup if known and known.should_escape else _plain
        ack = await self._delivery.send(
            "slash_commands",
            {
                "token": self._state.token,
                "team_id": directory.TEAM_ID,
                "team_domain": directory.TEAM_DOMAIN,
                "channel_id": channel.id,
                "channel_name": _channel_name(channel),
                "user_id": user.id,
                "user_name": user.name,
                "command": command,
                "text": shaped(text.strip(), self._state.directory),
                "api_app_id": directory.APP_ID,
                "is_enterprise_install": "false",
                "response_url": response_url,
                "trigger_id": self._triggers.issue(user),
            },
        )
        if ack.error is None:
            ack = self._show_answer(conversation, ack)
        if ack.error is not None:
            self._tell(user, channel, f'{command} failed with the error "{ack.error}"')
        return ack

    def say(self, text: str, *, user: User, channel: Channel, thread_ts: str | None) -> Message:
        """A message that a person writes. SlackError if the thread is not there."""
        root = self._state.board.find(channel.id, thread_ts) if thread_ts else None
        if thread_ts and (root is None or root.ephemeral_to):
            raise SlackError("thread_not_found")
        said = self._state.board.post(
            Message(
                ts=self._state.board.next_ts(),
                channel=channel.id,
                user=user.id,
                text=with_markup(text, self._state.directory),
                thread_ts=thread_ts,
            )
        )
        self._events.said(said, channel)
        if directory.BOT.id not in channel.members and f"<@{directory.BOT.id}>" in said.text:
            self._tell(
                user,
                channel,
                f"You mentioned <@{directory.BOT.id}>, but they’re not in this channel.",
            )
        return said

    async def click(
        self,
        message: Message,
        block_id: str,
        action_id: str,
        *,
        user: User,
        selected: Any = None,
        typed: values.Typed | None = None,
    ) -> Ack:
        """Press a button or choose an option (by its value); KeyError if there is no such."""
        control = find_control(message.blocks, block_id, action_id)
        if control is None:
            raise KeyError(f"no control {action_id!r} in block {block_id!r}")
        channel = self._state.directory.channels[message.channel]
        response_url, _ = self.response_urls.open(channel, user, message)
        payload: dict[str, Any] = {
            "type": "block_actions",
            **payloads.shared(self._state, user, self._triggers.issue(user)),
            "container": payloads.message_container(message),
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": values.state(message.blocks, typed or {}),
            "response_url": response_url,
            "actions": [clicks.action(control, block_id, selected)],
        }
        if message.ephemeral_to is None:
            payload["message"] = answers.message(self._state, message)
        return await self._delivery.send("interactive", payload)

    def _show_answer(self, conversation: Conversation, ack: Ack) -> Ack:
        """The body of an acknowledgement is a message, private unless it says otherwise."""
        body = ack.body.strip()
        if not body:
            return ack
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = {"text": body}
        try:
            if isinstance(answer, str):  # over Socket Mode a plain text is the payload
                answer = {"text": answer}
            if isinstance(answer, dict) and answer:
                self.response_urls.respond(conversation, answer)
        except SlackError:
            return Ack(ack.status, ack.body, ack.seconds, _REFUSED)
        return ack

    def _tell(self, user: User, channel: Channel, text: str) -> None:
        """A private line of Slackbot."""
        self._state.board.post(
            Message(
                ts=self._state.board.next_ts(),
                channel=channel.id,
                user=directory.SLACKBOT.id,
                text=text,
                ephemeral_to=user.id,
            )
        )


def _plain(text: str, _: directory.Directory) -> str:
    return escape(text)


def _channel_name(channel: Channel) -> str:
    """Payloads do not tell the name of private conversations."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
