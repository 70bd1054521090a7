"""The Events API: mentions, direct messages and opened home tabs, sent again until taken.

Source: "Events API" (the envelope, retries, `X-Slack-No-Retry`), "app_mention", "message.im" and
"app_home_opened" in Slack's developer documentation.
"""

import asyncio
import secrets
import time
from typing import Any

from bot.playground.slack import directory
from bot.playground.slack.delivery import Delivery, Retry
from bot.playground.slack.directory import BOT
from bot.playground.slack.limits import EVENT_RETRY_SECONDS
from bot.playground.slack.records import Ack, Channel, Message, User
from bot.playground.slack.state import State

_REASONS = {
    "operation_timeout": "http_timeout",
    "http_client_error": "http_error",
    "http_service_error": "http_error",
    "dispatch_failed": "connection_failed",
}


ALL_EVENTS = ("app_home_opened", "app_mention", "message.im")
"""What is modelled, by the names under which an app subscribes."""


class Events:
    """Tells the bot what happened. Trouble on request: `lose`, `duplicate`, `late`."""

    def __init__(self, state: State, delivery: Delivery) -> None:
        self._state = state
        self._delivery = delivery
        self._under_way: set[asyncio.Task[None]] = set()
        self._lost = 0
        self._doubled = 0
        self._late = 0.0
        self.attempts: list[tuple[str, int, Ack]] = []
        """Event id, number of the retry (0 for the first attempt) and answer, oldest first."""

    def lose(self, times: int = 1) -> None:
        """Do not deliver the next events at all."""
        self._lost = times
        self._state.feed.tell("link", None)

    def duplicate(self, times: int = 1) -> None:
        """Deliver the next events twice, with the same event id."""
        self._doubled = times
        self._state.feed.tell("link", None)

    def late(self, seconds: float) -> None:
        """Deliver events later by this many seconds of the workspace's clock; 0 ends it."""
        self._late = seconds
        self._state.feed.tell("link", None)

    def heal(self) -> None:
        """Lose, double and delay nothing any more."""
        self._lost, self._doubled, self._late = 0, 0, 0.0
        self._state.feed.tell("link", None)

    def trouble(self) -> list[str]:
        """What is disturbed on request, in words for the page."""
        return [
            *([f"the next {self._lost} events are lost"] if self._lost else []),
            *([f"the next {self._doubled} events come twice"] if self._doubled else []),
            *([f"events are {self._late:g} s late"] if self._late else []),
        ]

    def said(self, message: Message, channel: Channel) -> None:
        """A person wrote something: the app hears direct messages, and mentions where it is in."""
        if BOT.id not in channel.members:
            return
        event: dict[str, Any] = {
            "user": message.user,
            "ts": message.ts,
            "client_msg_id": secrets.token_hex(16),
            "text": message.text,
            "team": directory.TEAM_ID,
            "channel": channel.id,
            "event_ts": message.ts,
        }
        if message.thread_ts:
            event["thread_ts"] = message.thread_ts
        if message.user:
            event["team"] = self._state.directory.users[message.user].team
        if channel.is_im:
            self.tell({"type": "message", "channel_type": "im", **event})
        elif f"<@{BOT.id}>" in message.text:
            self.tell({"type": "app_mention", **event})

    @staticmethod
    def _name_of(event: dict[str, Any]) -> str:
        """An event type as an app subscribes to it: ``message.im`` for a direct message."""
        kind = event.get("channel_type")
        return f"{event['type']}.{kind}" if kind else str(event["type"])

    def home_opened(self, user: User, tab: str, view: dict[str, Any] | None) -> None:
        """A person opened the app's home or messages tab; `view` is what the home tab shows."""
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self._state.directory.direct_messages(user).id,
            "tab": tab,
            "event_ts": self._state.board.next_ts(),
        }
        if view is not None:
            event["view"] = view
        self.tell(event)

    def tell(self, event: dict[str, Any]) -> None:
        """Deliver an event in the background, with Slack's retries; unless the app takes none.

        Source: "Events API", subscriptions: an app hears only the types it has asked for.
        """
        if self._name_of(event) not in self._state.subscribed:
            return
        if self._lost > 0:
            self._lost -= 1
            self._state.happened(f"{event['type']} got lost")
            return
        envelope = self._envelope(event)
        copies = 1
        if self._doubled > 0:
            self._doubled -= 1
            copies = 2
            self._state.happened(f"{event['type']} is sent twice")
        for _ in range(copies):
            task = asyncio.create_task(self._deliver(envelope, self._late))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def verify_url(self) -> bool:
        """Whether the bot's URL answers Slack's challenge, as it must before Slack accepts it."""
        challenge = secrets.token_urlsafe(24)
        body = {"type": "url_verification", "token": self._state.token, "challenge": challenge}
        ack = await self._delivery.send("events_api", body)
        return ack.error is None and challenge in ack.body

    async def stop(self) -> None:
        for task in tuple(self._under_way):
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _envelope(self, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "token": self._state.token,
            "team_id": directory.TEAM_ID,
            "api_app_id": directory.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0PLAY{secrets.token_hex(5).upper()}",
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": directory.TEAM_ID,
                    "user_id": BOT.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": self._state.directory.is_shared(event["channel"]),
            "event_context": secrets.token_urlsafe(24),
        }

    async def _deliver(self, envelope: dict[str, Any], late: float) -> None:
        """One attempt and up to three retries; a refusal with `X-Slack-No-Retry` ends them."""
        if late:
            await self._sleep(late)
        retry = None
        for number, wait in enumerate((*EVENT_RETRY_SECONDS, None), start=1):
            ack = await self._delivery.send("events_api", envelope, retry)
            self.attempts.append((envelope["event_id"], number - 1, ack))
            if ack.error is None:
                return
            reason = _REASONS.get(ack.error, "unknown_error")
            ends = ack.no_retry or wait is None
            then = "given up" if ends else f"again in {wait:g} s" if wait else "again at once"
            self._state.happened(f"{envelope['event']['type']} not taken ({reason}), {then}")
            if ack.no_retry or wait is None:
                return
            retry = Retry(number, reason)
            await self._sleep(wait)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._state.clock.scale)
