"""The Web API: `/api/<method>` with token, faults, rate limits, and a record of every call."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from bot.playground.slack import arguments, chat, conversations
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.faults import Failure, Faults
from bot.playground.slack.rate_limits import RateLimits
from bot.playground.slack.records import Call
from bot.playground.slack.state import State
from bot.playground.slack.uploads import Uploads

log = logging.getLogger(__name__)

TOKEN_PREFIX: Final = "xoxb-playground-"  # noqa: S105 - no secret: what marks a token as a toy
REAL_TOKEN: Final = (
    "This is a local playground, not Slack. It accepts only its own token, which starts with "
    f"{TOKEN_PREFIX!r}. Do not send a real Slack token here."
)

Method = Callable[[State, Arguments], dict[str, Any]]


class WebApi:
    """Answers the bot's calls."""

    def __init__(self, state: State, bot_token: str) -> None:
        self._state = state
        self._bot_token = bot_token
        self._limits = RateLimits(state.clock)
        self.uploads = Uploads(state)
        self.faults = Faults()
        self.calls: list[Call] = []
        self._methods: dict[str, Method] = {
            "api.test": conversations.api_test,
            "auth.test": conversations.auth_test,
            "chat.postMessage": chat.post_message,
            "chat.postEphemeral": chat.post_ephemeral,
            "chat.update": chat.update,
            "chat.delete": chat.delete,
            "chat.getPermalink": chat.get_permalink,
            "conversations.info": conversations.info,
            "conversations.list": conversations.list_channels,
            "conversations.members": conversations.members,
            "conversations.join": conversations.join,
            "conversations.history": conversations.history,
            "conversations.replies": conversations.replies,
            "users.info": conversations.user_info,
            "reactions.add": chat.add_reaction,
            "files.getUploadURLExternal": self.uploads.get_url,
            "files.completeUploadExternal": self.uploads.complete,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """One call, answered with HTTP 200 and a JSON body, but for 429 and injected statuses."""
        method = request.match_info["method"]
        started = time.time()
        given: dict[str, Any] = {}
        try:
            given = await arguments.read(request)
            self._authenticate(arguments.token(request, given))
            await self.faults.wait(method)
            status, answer, headers = self._carry_out(method, Arguments(given))
        except SlackError as refused:
            status, answer, headers = 200, refused.answer(), {}
        except asyncio.CancelledError:  # the bot hung up
            self._record(method, given, started, 499, {})
            raise
        self._record(method, given, started, status, answer)
        if status not in (200, 429):
            return web.Response(status=status, text="")
        return web.json_response(answer, status=status, headers=headers)

    def _authenticate(self, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if not token.startswith(TOKEN_PREFIX):
            log.warning("a call brought a token that is not of this playground; it was refused")
            raise SlackError("invalid_auth", [REAL_TOKEN])
        if token != self._bot_token:
            raise SlackError("invalid_auth", ["The token is of another start of the playground."])

    def _carry_out(self, name: str, given: Arguments) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON and headers of the answer."""
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method")
        failure = self.faults.next(name)
        if failure is not None and not failure.done:
            return _failed(failure)
        if wait := self._limits.retry_after(name, given.text("channel") or ""):
            return _ratelimited(wait)
        answer = {"ok": True, **method(self._state, given)}
        return (200, answer, {}) if failure is None else _failed(failure)

    def _record(
        self,
        method: str,
        given: dict[str, Any],
        started: float,
        status: int,
        answer: dict[str, Any],
    ) -> None:
        self.calls.append(
            Call(
                method=method,
                arguments=Arguments(given).given,
                at=started,
                status=status,
                answer=answer,
                seconds=time.time() - started,
            )
        )


def _ratelimited(seconds: int) -> tuple[int, dict[str, Any], dict[str, str]]:
    return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)}


def _failed(failure: Failure) -> tuple[int, dict[str, Any], dict[str, str]]:
    if failure.retry_after is not None:
        return _ratelimited(failure.retry_after)
    if failure.error is not None:
        return failure.status, {"ok": False, "error": failure.error}, {}
    return failure.status, {}, {}
