"""Bounded bodies in, JSON out. A refusal is a sentence with a stable code, never a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

import aiohttp
import msgspec
from aiohttp import web

from bot.model.errors import (
    ClientError,
    NotAllowed,
    OncallError,
    RecordTooNew,
    StoreUnavailable,
    UsageError,
)
from bot.terminal.api.wire import MOST_BYTES, Failed, Trouble

PATIENCE = 5.0
"""Seconds for a body to arrive."""

T = TypeVar("T", bound=msgspec.Struct)


class Unauthenticated(OncallError):
    """The token proves nothing; nothing was done."""


class Nothing(OncallError):
    """There is no such thing, or it is not for this person to see."""


class Busy(OncallError):
    """Too many ask at once; ``retry`` makes sense."""


class TooLarge(UsageError):
    """The body is larger than any request needs to be."""


_ANSWERS: tuple[tuple[type[OncallError], int, str], ...] = (
    (Unauthenticated, 401, "unauthenticated"),
    (NotAllowed, 403, "not-allowed"),
    (Nothing, 404, "not-found"),
    (TooLarge, 413, "too-large"),
    (UsageError, 400, "usage"),
    (Busy, 503, "busy"),
    (StoreUnavailable, 503, "store-unavailable"),
    (RecordTooNew, 503, "record-too-new"),
    (ClientError, 502, "cluster"),
)
_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer", "Connection": "close"},
    413: {"Connection": "close"},
    503: {"Retry-After": "2"},
}


def answer(value: object, status: int = 200) -> web.Response:
    """``value`` as JSON."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def refusal(error: OncallError) -> web.Response:
    """The answer that ``error`` is."""
    status, code = next(
        ((status, code) for kind, status, code in _ANSWERS if isinstance(error, kind)),
        (500, "trouble"),
    )
    usage = error.usage if isinstance(error, UsageError) else ""
    trouble = Trouble(code=code, message=error.message, hint=error.hint, usage=usage)
    response = answer(Failed(error=trouble), status)
    response.headers.update(_HEADERS.get(status, {}))
    return response


async def read_body(request: web.Request, shape: type[T]) -> T:
    """The body as ``shape``; an empty one is ``{}``. Raises :class:`UsageError`."""
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    if "Content-Encoding" in request.headers:
        raise UsageError("The body is compressed.", hint="Send it as it is.")
    try:
        async with asyncio.timeout(PATIENCE):
            body = await request.clone(client_max_size=MOST_BYTES).read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        raise UsageError("The body did not arrive in time.") from None
    except (web.RequestPayloadError, aiohttp.ClientError, OSError):
        raise UsageError("The body is broken.") from None
    try:
        return msgspec.json.decode(body or b"{}", type=shape, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "The fields are in docs/terminal-changes.md."
        raise UsageError(f"The body cannot be read: {error}.", hint=hint) from None


def _too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {MOST_BYTES:,} bytes.")
