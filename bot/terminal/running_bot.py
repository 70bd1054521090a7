"""The team's running bot, asked over HTTP: see ``bot/terminal/api`` for its side.

A token goes over TLS or not at all, loopback (``kubectl port-forward``) excepted; redirects are not
followed. What may be asked twice is asked again when the connection breaks: a new change carries a
key, and the same word of the same person counts once.
"""

from __future__ import annotations

import asyncio
import ipaddress
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from bot.model.change import Word
from bot.model.change_document import Approval, ChangeDocument
from bot.model.errors import (
    ConfigurationError,
    Denied,
    Malformed,
    NotAllowed,
    NotFound,
    OncallError,
    Refused,
    StoreUnavailable,
    TimedOut,
    Unreachable,
    UsageError,
)
from bot.terminal.api.wire import PREFIX, Failed, NewChange, Said, Trouble
from bot.terminal.bearer import Token

TIMEOUT = 15.0
TRIES = 3
PAUSE = 0.5
MOST_BYTES = 8 * 1024 * 1024

T = TypeVar("T")


class RunningBot:
    """One bot. Use as ``async with``; every method raises the project's own errors."""

    def __init__(self, url: str, token: Token) -> None:
        self.url = _checked(url)
        self._token = token
        self._bearer = ""
        self._http = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def ask(self, wanted: NewChange) -> ChangeDocument:
        """Ask for a change. ``wanted.once`` makes it one, however often it is sent."""
        return await self._call("POST", "/changes", ChangeDocument, wanted)

    async def changes(self, most: int) -> list[ChangeDocument]:
        """The latest that the caller may see, newest first."""
        return await self._call("GET", f"/changes?most={most}", list[ChangeDocument])

    async def change(self, change_id: str) -> ChangeDocument:
        """One change as it is now."""
        return await self._call("GET", f"/changes/{quote(change_id, safe='')}", ChangeDocument)

    async def approvals(self) -> list[Approval]:
        """What waits for approval, and whether the caller may decide."""
        return await self._call("GET", "/approvals", list[Approval])

    async def decide(self, ask: str, word: Word, said: Said) -> ChangeDocument:
        """Approve or reject what ``ask`` stands for."""
        path = f"/approvals/{quote(ask, safe='')}/{word}"
        return await self._call("POST", path, ChangeDocument, said)

    async def say(self, change_id: str, word: Word, said: Said) -> ChangeDocument:
        """Say any other word to a change. Sent once: a second “confirm” is of the next step."""
        path = f"/changes/{quote(change_id, safe='')}/{word}"
        try:
            return await self._call("POST", path, ChangeDocument, said, tries=1)
        except (Unreachable, TimedOut) as error:
            error.hint = (
                f"Whether it was heard is not known: cilium-oncall changes show {change_id}"
            )
            raise

    async def _call(
        self,
        method: str,
        path: str,
        shape: type[T],
        body: msgspec.Struct | None = None,
        *,
        tries: int = TRIES,
    ) -> T:
        for attempt in range(1, tries + 1):
            try:
                return await self._once(method, path, shape, body)
            except (Unreachable, TimedOut, StoreUnavailable):
                if attempt == tries:
                    raise
                await asyncio.sleep(PAUSE * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, method: str, path: str, shape: type[T], body: msgspec.Struct | None) -> T:
        if not self._bearer:
            self._bearer = await self._token.read()
        status, answer = await self._send(method, path, body)
        if status == 401:
            fresh = await self._token.read()
            if fresh != self._bearer:
                self._bearer = fresh
                status, answer = await self._send(method, path, body)
        if status >= 300:
            raise self._error(status, answer)
        return self._decode(answer, shape)

    async def _send(self, method: str, path: str, body: msgspec.Struct | None) -> tuple[int, bytes]:
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Authorization": f"Bearer {self._bearer}", "Content-Type": "application/json"}
        url = f"{self.url}{PREFIX}{path}"
        try:
            async with self._http.stream(method, url, content=content, headers=headers) as response:
                answer = b""
                async for part in response.aiter_bytes():
                    answer += part
                    if len(answer) > MOST_BYTES:
                        raise Malformed(f"The answer of {self.url} is too large.")
                return response.status_code, answer
        except httpx.TimeoutException:
            raise TimedOut(f"The bot at {self.url} does not answer within {TIMEOUT:g} s.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise Unreachable(
                f"The bot at {self.url} cannot be reached: {reason}.",
                hint="Is the address right, and the VPN or port-forward up? "
                "Slack has the same buttons.",
            ) from None

    def _decode(self, answer: bytes, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(answer, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(
                f"The answer of {self.url} cannot be read: {error}.",
                hint="Is it a cilium-oncall of this version, and nothing in front of it?",
            ) from None

    def _error(self, status: int, answer: bytes) -> OncallError:
        try:
            trouble = msgspec.json.decode(answer, type=Failed).error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _unlike_a_bot(self.url, status)
        return _error_of(trouble)


def _error_of(trouble: Trouble) -> OncallError:
    said = trouble.message
    match trouble.code:
        case "unauthenticated":
            return Denied(said, hint=trouble.hint)
        case "not-allowed":
            return NotAllowed(said, hint=trouble.hint)
        case "not-found":
            return NotFound(said, hint=trouble.hint)
        case "usage" | "too-large":
            return UsageError(said, hint=trouble.hint, usage=trouble.usage)
        case "store-unavailable" | "busy":
            return StoreUnavailable(said, hint=trouble.hint)
        case _:
            return Refused(said, hint=trouble.hint)


def _unlike_a_bot(url: str, status: int) -> OncallError:
    if status >= 500:
        return Unreachable(f"What answers at {url} fails with {status}.")
    return Refused(
        f"What answers at {url} is no bot that takes changes: {status}.",
        hint="Check --bot; something in front of it may ask for a login.",
    )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise ConfigurationError(
            f"{url} is no address of a bot.", hint="Write https://HOST, as its Ingress has it."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{url} is not encrypted, and your token would go over it.",
            hint="Use https://, or `kubectl port-forward` and http://127.0.0.1:PORT.",
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
