"""Asks Slack where a Socket Mode connection may be opened, and knows what to do when it says no.

Source: "apps.connections.open", docs.slack.dev: an app-level token, in the header; rate-limited, so
it is asked again only after a pause.
"""

from __future__ import annotations

import random

import msgspec
from yarl import URL

from bot.model.errors import ClientError, Denied, Malformed, OncallError, Throttled
from bot.slack.clock import Clock
from bot.slack.webapi import Declined, WebApi, is_loopback

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

TOKEN = "Basic Information, App-Level Tokens"  # noqa: S105  where it is found, not what it is
CHECK = (
    "In the app's pages at api.slack.com/apps see that Socket Mode is on and that SLACK_APP_TOKEN "
    f"is one of its tokens ({TOKEN}) with the scope connections:write."
)
_NEW_TOKEN = f"Set SLACK_APP_TOKEN to a token of this app ({TOKEN}) and restart the bot."
_SWITCH_ON = "Turn it on: Socket Mode in the app's pages at api.slack.com/apps."
_SCOPE = f"Make a token with the scope connections:write ({TOKEN}), set it and restart the bot."
_FIXES = {
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "account_inactive": _NEW_TOKEN,
    "not_allowed_token_type": f"SLACK_APP_TOKEN must be an app-level token, xapp-... ({TOKEN}).",
    "missing_scope": _SCOPE,
    "no_permission": _SCOPE,
    "team_access_not_granted": "Have an administrator of the workspace approve the app.",
    "link_disabled": _SWITCH_ON,
    "too_many_websockets": "Slack allows an app ten: run fewer bots, or lower slack.sockets.",
}


class Ended(ClientError):
    """Slack ended a connection and said why; ``reason`` is its word."""

    def __init__(self, reason: str) -> None:
        said = {
            "link_disabled": "Socket Mode is turned off for the app.",
            "too_many_websockets": "The app has too many Socket Mode connections.",
        }
        message = said.get(reason, f"Slack ended the connection ({reason or 'no reason given'}).")
        super().__init__(message, hint=_FIXES.get(reason, ""))
        self.reason = reason


class Address(msgspec.Struct, frozen=True):
    """Where one connection may be opened, within seconds and once. It is a secret."""

    url: str
    """``wss://``."""


class Opening:
    """Addresses for the app whose app-level token ``api`` carries."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def address(self) -> Address:
        """A new address. Raises :class:`Denied` with the fix when Slack says no, else what
        :class:`WebApi` raises."""
        try:
            answer, _ = await self._api.read("apps.connections.open")
        except Declined as error:
            raise Denied(
                f"Slack does not let the bot open Socket Mode connections ({error.reason}).",
                hint=_FIXES.get(error.reason, CHECK),
            ) from None
        return _checked(answer.get("url"))


def _checked(url: object) -> Address:
    """Only over TLS: whoever answers there acts as Slack."""
    try:
        parsed = URL(url if isinstance(url, str) else "")
    except ValueError:
        parsed = URL()
    local = parsed.scheme == "ws" and is_loopback(parsed.host or "")
    if not parsed.host or (parsed.scheme != "wss" and not local):
        raise Malformed("Slack's answer to apps.connections.open holds no wss:// address.")
    return Address(str(url))


class Pauses:
    """How long to wait before the next attempt: doubled each time, with jitter, so that bots that
    lost their connections together do not come back together."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.failures = 0

    async def after(self, error: OncallError) -> None:
        """Wait because of ``error``; as long as Slack says where it does (429)."""
        self.failures = max(1, self.failures)
        least = error.retry_after if isinstance(error, Throttled) else 0.0
        await self._clock.sleep(max(least, self._next()) + random.uniform(0, 0.1 * least))  # noqa: S311

    async def again(self, *, lasted: bool) -> None:
        """Wait before a connection is replaced: not at all when the last one ``lasted``."""
        if lasted:
            self.failures = 0
        await self._clock.sleep(self._next())

    def _next(self) -> float:
        failures, self.failures = self.failures, self.failures + 1
        if not failures:
            return 0.0
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
        return random.uniform(longest / 2, longest)  # noqa: S311  no secret
