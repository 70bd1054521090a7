"""What people do that reaches the bot: slash commands and clicks."""

import json
import secrets
import time
from typing import Any

from bot.playground.slack import answers, directory
from bot.playground.slack.blocks import find_control
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.errors import SlackError
from bot.playground.slack.records import Ack, Channel, Message, SlashCommand, User
from bot.playground.slack.response_urls import Conversation, ResponseUrls
from bot.playground.slack.state import State
from bot.playground.slack.typed_text import escape, with_markup


class Interactions:
    """Builds the payloads as Slack does, delivers them, and shows what came of it."""

    def __init__(
        self, state: State, delivery: Delivery, commands: tuple[SlashCommand, ...]
    ) -> None:
        self._state = state
        self._delivery = delivery
        self.response_urls = ResponseUrls(state)
        self.commands = {command.command: command for command in commands}
        # The legacy verification token, sent with every payload; nothing may rely on it.
        self._token = secrets.token_urlsafe(18)

    async def command(self, command: str, text: str, *, user: User, channel: Channel) -> Ack:
        """Send a slash command; its failure is shown to the person in Slack's words."""
        response_url, conversation = self.response_urls.open(channel, user)
        known = self.commands.get(command)
        shaped = with_markup if known and known.should_escape else _plain
        ack = await self._delivery.send(
            {
                "token": self._token,
                "team_id": directory.TEAM_ID,
                "team_domain": directory.TEAM_DOMAIN,
                "channel_id": channel.id,
                "channel_name": "directmessage" if channel.is_im else channel.name,
                "user_id": user.id,
                "user_name": user.name,
                "command": command,
                "text": shaped(text.strip(), self._state.directory),
                "api_app_id": directory.APP_ID,
                "is_enterprise_install": "false",
                "response_url": response_url,
                "trigger_id": _trigger_id(),
            }
        )
        if ack.error is None:
            ack = self._show_answer(conversation, ack)
        if ack.error is not None:
            self._tell(user, channel, f'{command} failed with the error "{ack.error}"')
        return ack

    def say(self, text: str, *, user: User, channel: Channel, thread_ts: str | None) -> Message:
        """A message that a person writes. SlackError if the thread is not there."""
        if thread_ts and self._state.board.find(channel.id, thread_ts) is None:
            raise SlackError("thread_not_found")
        return self._state.board.post(
            Message(
                ts=self._state.board.next_ts(),
                channel=channel.id,
                user=user.id,
                text=with_markup(text, self._state.directory),
                thread_ts=thread_ts,
            )
        )

    async def click(
        self,
        message: Message,
        block_id: str,
        action_id: str,
        *,
        user: User,
        selected: str | None = None,
    ) -> Ack:
        """Press a button or choose an option (by its value); KeyError if there is no such."""
        control = find_control(message.blocks, block_id, action_id)
        if control is None:
            raise KeyError(f"no control {action_id!r} in block {block_id!r}")
        channel = self._state.directory.channels[message.channel]
        response_url, _ = self.response_urls.open(channel, user, message)
        payload: dict[str, Any] = {
            "type": "block_actions",
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": directory.TEAM_ID,
            },
            "api_app_id": directory.APP_ID,
            "token": self._token,
            "container": _container(message),
            "trigger_id": _trigger_id(),
            "team": {"id": directory.TEAM_ID, "domain": directory.TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": {}},
            "response_url": response_url,
            "actions": [_action(control, block_id, selected)],
        }
        if message.ephemeral_to is None:
            payload["message"] = answers.message(self._state, message)
        return await self._delivery.send({"payload": json.dumps(payload)})

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
            if isinstance(answer, dict) and answer:
                self.response_urls.respond(conversation, answer)
        except SlackError:
            return Ack(ack.status, ack.body, ack.seconds, "invalid_command_response")
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


def _trigger_id() -> str:
    number = secrets.randbelow
    return f"{number(10**13)}.{number(10**13)}.{secrets.token_hex(16)}"


def _container(message: Message) -> dict[str, Any]:
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return container


def _action(control: dict[str, Any], block_id: str, selected: str | None) -> dict[str, Any]:
    """The control as it was sent, and what was chosen."""
    now = time.time_ns() // 1_000
    action: dict[str, Any] = {
        key: value for key, value in control.items() if key not in ("options", "url")
    }
    action |= {"block_id": block_id, "action_ts": f"{now // 1_000_000}.{now % 1_000_000:06d}"}
    if "options" in control:
        options = {option["value"]: option for option in control["options"]}
        action["selected_option"] = options[selected or ""]
    return action
