"""The Web API: `/api/<method>` with token, faults, rate limits, and a record of every call."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from bot.playground.slack import arguments, chat, conversations, people, scopes
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.faults import Failure, Faults
from bot.playground.slack.rate_limits import RateLimits
from bot.playground.slack.records import Call
from bot.playground.slack.sockets import Sockets, app_token_only
from bot.playground.slack.state import State
from bot.playground.slack.uploads import Uploads
from bot.playground.slack.views import Views

log = logging.getLogger(__name__)

TOKEN_PREFIX: Final = "xoxb-playground-"  # noqa: S105 - no secret: what marks a token as a toy
APP_TOKEN_PREFIX: Final = "xapp-playground-"  # noqa: S105 - likewise, for Socket Mode
REAL_TOKEN: Final = (
    "This is a local playground, not Slack. It accepts only its own tokens, which start with "
    f"{TOKEN_PREFIX!r} or {APP_TOKEN_PREFIX!r}. Do not send a real Slack token here."
)

_CONNECT: Final = "apps.connections.open"
_FOR_BOTH: Final = ("api.test", "auth.test")

Method = Callable[[State, Arguments], dict[str, Any]]


class WebApi:
    """Answers the bot's calls."""

    def __init__(
        self,
        state: State,
        *,
        bot_token: str,
        app_token: str,
        bot_scopes: tuple[str, ...],
        views: Views,
        sockets: Sockets,
    ) -> None:
        self._state = state
        self._app_token = app_token
        self._scopes = {bot_token: bot_scopes, app_token: scopes.APP_SCOPES}
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
            "conversations.open": conversations.open_direct,
            "users.info": people.info,
            "users.list": people.list_users,
            "usergroups.list": people.list_groups,
            "usergroups.users.list": people.group_members,
            "reactions.add": chat.add_reaction,
            "files.getUploadURLExternal": self.uploads.get_url,
            "files.completeUploadExternal": self.uploads.complete,
            "files.info": self.uploads.info,
            "views.open": views.open,
            "views.push": views.push,
            "views.update": views.update,
            "views.publish": views.publish,
            _CONNECT: sockets.connections_open,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """One call, answered with HTTP 200 and a JSON body, but for 429 and injected statuses."""
        method = request.match_info["method"]
        started = time.time()
        given: dict[str, Any] = {}
        headers: dict[str, str] = {}
        try:
            given = await arguments.read(request)
            provided = self._authenticate(method, arguments.token(request, given))
            headers = self._scope_headers(method, Arguments(given), provided)
            scopes.check(method, self._state, Arguments(given), provided)
            await self.faults.wait(method)
            status, answer, more = self._carry_out(method, Arguments(given))
            headers |= more
        except SlackError as refused:
            status, answer = 200, refused.answer()
        except asyncio.CancelledError:  # the bot hung up
            self._record(method, given, started, 499, {})
            raise
        self._record(method, given, started, status, answer)
        if status != 200:
            self._state.happened(f"{method} answered with {status}")
        if status not in (200, 429):
            return web.Response(status=status, text="")
        return web.json_response(answer, status=status, headers=headers)

    def _authenticate(self, method: str, token: str) -> tuple[str, ...]:
        """The scopes of a token that may call this method."""
        if not token:
            raise SlackError("not_authed")
        if not token.startswith((TOKEN_PREFIX, APP_TOKEN_PREFIX)):
            log.warning("a call brought a token that is not of this playground; it was refused")
            raise SlackError("invalid_auth", [REAL_TOKEN])
        if token not in self._scopes:
            raise SlackError("invalid_auth", ["The token is of another start of the playground."])
        if method == _CONNECT:
            app_token_only(token, self._app_token)
        elif token == self._app_token and method not in _FOR_BOTH:
            raise SlackError("not_allowed_token_type")
        return self._scopes[token]

    def _scope_headers(
        self, method: str, given: Arguments, provided: tuple[str, ...]
    ) -> dict[str, str]:
        """What the token has and what the method wants, as Slack says with every answer."""
        accepted = scopes.needed(method, self._state, given)
        return {
            "X-OAuth-Scopes": ",".join(provided),
            **({"X-Accepted-OAuth-Scopes": ",".join(accepted)} if accepted else {}),
        }

    def _carry_out(self, name: str, given: Arguments) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON and headers of the answer."""
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method")
        failure = self.faults.next(name)
        if failure is not None:
            self._state.feed.tell("link", None)
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
