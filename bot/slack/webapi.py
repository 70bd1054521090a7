"""Slack's Web API as this room needs it: a few calls, and an error tree that says what is known.

    ClientError
    ├── Throttled      Slack asked to wait; it did nothing              (send again, later)
    ├── Unreachable    nothing was sent, or nothing came of it          (send again)
    ├── Unconfirmed    it may have happened or not                      (only if harmless twice)
    └── Declined       Slack understood and will not; ``reason`` is its error code

The SDK's own retry handlers are off: one re-sends POSTs whose reply was lost, the other lets every
caller sleep for itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any

import aiohttp
import msgspec
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bot.model.errors import ClientError, Refused, Throttled, Unreachable
from bot.model.outcome import timed
from bot.slack.blocks import Message
from bot.slack.private_address import PrivateAddress
from bot.slack.uploads import Upload

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
LONGEST_PAUSE = 3_600.0
FAR_BACK = 200
METADATA_TYPE = "cilium_oncall_run"
"""``event_type`` of our messages' metadata: how a message can be found again by its key."""

_DIGITS = re.compile(r"[0-9]{1,6}", re.ASCII)
_AMBIGUOUS = frozenset(["internal_error", "fatal_error", "request_timeout", "service_unavailable"])
_RESPONSE_HOSTS = frozenset(["hooks.slack.com", "hooks.slack-gov.com"])


class Unconfirmed(ClientError):
    """The reply was lost: Slack may have done it or not."""


class Declined(Refused):
    """Slack will not. ``reason`` is its error code, such as ``not_in_channel``."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"Slack declined {method}: {reason}.")
        self.reason = reason


class OpenView(msgspec.Struct, frozen=True):
    """A modal as Slack knows it; ``hash`` changes with every change."""

    id: str
    hash: str


class WebApi:
    """One workspace, one bot token. Open before the first call, close after the last.

    ``on_call`` is told of every call: method (or ``response_url``), seconds, and how it ended
    in a word of :mod:`bot.model.outcome`. It must not raise.
    """

    def __init__(
        self, bot_token: str, api_url: str, on_call: Callable[[str, float, str], None] | None = None
    ) -> None:
        quiet = logging.getLogger("bot.slack.sdk")
        quiet.setLevel(logging.INFO)  # at DEBUG the SDK logs the text of every message
        self.client = AsyncWebClient(
            token=bot_token, base_url=api_url, retry_handlers=[], logger=quiet
        )
        self.client.proxy = None  # the session reads the environment, and NO_PROXY with it
        self._origin = URL(api_url).origin()
        self._on_call = on_call or _untold

    @property
    def trusts_environment(self) -> bool:
        """Whether the environment's proxies are used: not towards this machine."""
        return not is_loopback(self._origin.host or "")

    async def open(self) -> None:
        """Open the connection pool."""
        self.client.session = aiohttp.ClientSession(
            timeout=TIMEOUT, trust_env=self.trusts_environment
        )

    async def close(self) -> None:
        """Close the connection pool."""
        if self.client.session is not None:
            await self.client.session.close()

    async def post(self, channel: str, key: str, message: Message, thread: str) -> str:
        """Post; returns the message's ``ts``. ``key`` travels in the metadata."""
        in_thread: dict[str, Any] = {"thread_ts": thread} if thread else {}
        answer = await self._call(
            "chat.postMessage",
            **in_thread,
            channel=channel,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": METADATA_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def find(self, channel: str, key: str, thread: str, filename: str, since: float) -> str:
        """The ``ts`` of our message under ``key``, or of ``filename``, in a channel or a thread.

        Empty when it is not among the last :data:`FAR_BACK` since ``since`` (Unix time). Needs a
        scope that may be missing (:data:`bot.slack.surface.OPTIONAL`); without it
        raises :class:`Declined`.
        """
        fields = {"channel": channel, "include_all_metadata": "true", "limit": str(FAR_BACK)}
        if thread:
            answer = await self._form("conversations.replies", {**fields, "ts": thread})
        else:
            oldest = f"{since:.6f}"
            answer = await self._form("conversations.history", {**fields, "oldest": oldest})
        for message in answer.get("messages") or ():
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            names = [file.get("name") for file in message.get("files") or ()]
            if payload.get("key") == key or (filename and filename in names):
                return str(message["ts"])
        return ""

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace what the message ``ts`` shows."""
        blocks = list(message.blocks)
        await self._call("chat.update", channel=channel, ts=ts, text=message.text, blocks=blocks)

    async def publish(self, person: str, view: Mapping[str, Any]) -> None:
        """Show ``person`` their home tab; harmless twice."""
        await self._call("views.publish", user_id=person, view=view)

    async def upload(self, channel: str, thread: str, upload: Upload) -> None:
        """Three calls: ask where to, send the bytes, complete. Only the last one shows."""
        where = {"filename": upload.filename, "length": str(len(upload.content))}
        if upload.alt:
            where["alt_txt"] = upload.alt
        try:
            place = await self._form("files.getUploadURLExternal", where)
            await self._send(str(place["upload_url"]), data=upload.content)
        except Unconfirmed as error:
            raise Unreachable(error.message) from None  # nothing shows yet: harmless twice
        await self._call(
            "files.completeUploadExternal",
            files=[{"id": place["file_id"], "title": upload.title}],
            channel_id=channel,
            thread_ts=thread,
        )

    async def respond(self, response_url: str, message: Message) -> None:
        """Tell the person behind ``response_url``, and nobody else."""
        if not self.may_respond_to(response_url):
            raise Declined("response_url", "not_a_slack_address")
        body = {
            "response_type": "ephemeral",
            "replace_original": message.replaces,
            "text": message.text,
            "blocks": list(message.blocks),
        }
        await self._send(response_url, json=body)

    async def whisper(self, address: PrivateAddress, message: Message) -> None:
        """Tell the person of an ephemeral address, and nobody else; Slack keeps it nowhere."""
        in_thread: dict[str, Any] = {"thread_ts": address.thread} if address.thread else {}
        await self._call(
            "chat.postEphemeral",
            **in_thread,
            channel=address.channel,
            user=address.user,
            text=message.text,
            blocks=list(message.blocks),
        )

    async def open_direct(self, user: str) -> str:
        """The id of the direct messages with ``user``: found, or made (scope ``im:write``)."""
        answer = await self._call("conversations.open", users=user)
        return str((answer.get("channel") or {}).get("id", ""))

    async def open_view(self, trigger: str, view: dict[str, Any]) -> OpenView:
        """Open a modal; a trigger lives three seconds and opens one."""
        return _opened(await self._call("views.open", trigger_id=trigger, view=view))

    async def update_view(self, opened: OpenView, view: dict[str, Any]) -> OpenView:
        """Show something else in a modal; declined when it changed or was closed meanwhile."""
        known = {"view_id": opened.id, "hash": opened.hash}
        return _opened(await self._call("views.update", **known, view=view))

    def may_respond_to(self, response_url: str) -> bool:
        """Whether the address is Slack's own, or on the API's host; it came with a request."""
        try:
            url = URL(response_url)
            same = url.origin() == self._origin
        except ValueError:
            return False
        return same or (url.scheme == "https" and url.host in _RESPONSE_HOSTS)

    async def _call(self, method: str, **body: Any) -> Mapping[str, Any]:
        return (await self._answer(method, self.client.api_call(method, json=body)))[0]

    async def _form(self, method: str, fields: dict[str, str]) -> Mapping[str, Any]:
        """For the methods that take no JSON."""
        return (await self.read(method, **fields))[0]

    async def read(self, method: str, **fields: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """The answer to a method that takes a form, and the answer's headers in lower case."""
        return await self._answer(method, self.client.api_call(method, data=fields))

    async def _answer(
        self, method: str, calling: Awaitable[AsyncSlackResponse]
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        with self._timed(method):
            try:
                response = await calling
            except SlackApiError as error:
                raise _judged(method, error) from None
            except (aiohttp.ClientError, TimeoutError, SlackClientError) as error:
                raise _lost(method, error) from None
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return dict(response.data) if isinstance(response.data, dict) else {}, headers

    async def _send(self, url: str, **request: Any) -> None:
        """POST to an address that Slack handed out."""
        if self.client.session is None:
            raise Unreachable("The connection pool is closed.")
        with self._timed("response_url" if "json" in request else "upload"):
            await self._send_within(self.client.session, url, request)

    async def _send_within(
        self, session: aiohttp.ClientSession, url: str, request: dict[str, Any]
    ) -> None:
        try:
            async with session.post(url, allow_redirects=False, **request) as response:
                if response.status == 429:
                    raise Throttled("Slack asks to wait.", retry_after=_pause(response.headers))
                if response.status >= 500:
                    raise Unconfirmed(f"Slack answered {response.status}.")
                if response.status != 200:
                    raise Declined("response_url", f"http_{response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _lost("response_url", error) from None

    def _timed(self, method: str) -> AbstractContextManager[None]:
        return timed(lambda seconds, outcome: self._on_call(method, seconds, outcome))


def _opened(answer: Mapping[str, Any]) -> OpenView:
    view = answer.get("view") or {}
    return OpenView(id=str(view.get("id", "")), hash=str(view.get("hash", "")))


def _untold(method: str, seconds: float, outcome: str) -> None:
    """Nobody watches."""


def _judged(method: str, error: SlackApiError) -> ClientError:
    """What an answer that is not ``ok`` says. The SDK hands over two kinds of response."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    if status == 429:
        return Throttled("Slack asks to wait.", retry_after=_pause(response.headers))
    data = getattr(response, "data", None)
    reason = str(data.get("error", "")) if isinstance(data, dict) else ""
    if reason == "ratelimited":
        return Throttled("Slack asks to wait.", retry_after=_pause(response.headers))
    if status >= 500 or not reason or reason in _AMBIGUOUS:
        return Unconfirmed(f"Slack answered {method} with {status} {reason}".strip() + ".")
    return Declined(method, reason)


def _lost(method: str, error: Exception) -> ClientError:
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Unreachable(f"Slack cannot be reached for {method}: {type(error).__name__}.")
    return Unconfirmed(f"No reply from Slack to {method}: {type(error).__name__}.")


def _pause(headers: Mapping[str, str]) -> float:
    """``Retry-After`` in seconds; 1 when it is missing or no number."""
    text = headers.get("Retry-After", "")
    return min(LONGEST_PAUSE, float(text)) if _DIGITS.fullmatch(text) else 1.0


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
