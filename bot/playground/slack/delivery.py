"""Hands a command, click, submission or event to the bot and waits for its acknowledgement."""

import ipaddress
import json
import time
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp

from bot.playground.slack import signing
from bot.playground.slack.limits import ACK_SECONDS
from bot.playground.slack.records import Ack
from bot.playground.slack.sockets import Sockets

Kind = Literal["slash_commands", "interactive", "events_api"]
"""Slack's names for what it sends, as they stand in Socket Mode's envelopes."""


class Retry(NamedTuple):
    """Which attempt this is (1 is the first retry), and why the one before failed."""

    number: int
    reason: str


class Delivery:
    """Signed posts to the bot's request URL, or envelopes over Socket Mode where there is no URL.

    The words for what went wrong are Slack's: `operation_timeout` after three seconds,
    `http_client_error` and `http_service_error` for a 4xx and 5xx answer, `dispatch_failed` where
    the bot cannot be reached at all.
    """

    def __init__(self, signing_secret: str, bot_url: str | None, sockets: Sockets) -> None:
        self._secret = signing_secret
        self._sockets = sockets
        self._session: aiohttp.ClientSession | None = None
        self.bot_url = bot_url

    @property
    def bot_url(self) -> str | None:
        return self._bot_url

    @bot_url.setter
    def bot_url(self, url: str | None) -> None:
        if url is not None and not is_loopback(urlsplit(url).hostname):
            raise ValueError(f"the playground talks to bots on this machine only, not to {url!r}")
        self._bot_url = url

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            # Slack holds back no command because others are under way, and a connection that a
            # restarted bot no longer knows must not cost a command.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=ACK_SECONDS),
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, kind: Kind, payload: dict[str, Any], retry: Retry | None = None) -> Ack:
        """Deliver once; what goes wrong is in the answer, never raised."""
        if self._bot_url is None:
            return await self._sockets.send(
                kind, payload, *(retry or (0, "")), with_answer=kind != "events_api"
            )
        return await self._post(kind, payload, retry)

    async def _post(self, kind: Kind, payload: dict[str, Any], retry: Retry | None) -> Ack:
        started = time.monotonic()
        if self._bot_url is None or self._session is None:
            return Ack(None, "", 0.0, "dispatch_failed")
        content_type, body = _encoded(kind, payload)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (local playground)",
            **signing.headers(self._secret, body, at=int(time.time())),
        }
        if retry:
            headers |= {
                "X-Slack-Retry-Num": str(retry.number),
                "X-Slack-Retry-Reason": retry.reason,
            }
        try:
            async with self._session.post(
                self._bot_url, data=body, headers=headers, allow_redirects=False
            ) as response:
                text = await response.text(errors="replace")
                status = response.status
                no_retry = response.headers.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            return Ack(None, "", time.monotonic() - started, "operation_timeout")
        except aiohttp.ClientError:
            return Ack(None, "", time.monotonic() - started, "dispatch_failed")
        return Ack(status, text, time.monotonic() - started, _error(status), no_retry=no_retry)


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _encoded(kind: Kind, payload: dict[str, Any]) -> tuple[str, bytes]:
    """Commands are forms, interactions JSON within a form, events JSON."""
    form = "application/x-www-form-urlencoded"
    match kind:
        case "slash_commands":
            return form, urlencode(payload).encode()
        case "interactive":
            return form, urlencode({"payload": json.dumps(payload)}).encode()
        case "events_api":
            return "application/json", json.dumps(payload).encode()


def _error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 400 <= status < 500:
        return "http_client_error"
    return "http_service_error" if status >= 500 else "dispatch_failed"
