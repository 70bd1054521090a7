"""Stands before everything else: lets Slack's own requests in, once each.

Anything else gets a bare 401 and one quiet log line with reason and remote address, never the
body (people type secrets) and never the signature. The SDK's own verifier is not used: a
timestamp that is no number makes it raise, and on failure Bolt logs the body.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import ClientError, web

from bot.slack.clock import Clock
from bot.slack.messages import REFUSED_LOG
from bot.slack.replays import Replays
from bot.slack.signature import Claim, Reason, claim, holds

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 20
"""Of a body. Slack's largest, a modal's state, stay far below."""

PATIENCE = 5.0
"""Seconds for a body to arrive; Slack itself gives up after three."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Decides for each request of one Slack app."""

    def __init__(self, signing_secret: str, replays: Replays, clock: Clock) -> None:
        if not signing_secret:
            raise ValueError("an empty signing secret would let anybody in")
        self._secret = signing_secret
        self._replays = replays
        self._clock = clock

    def protect(self, handler: Handler) -> Handler:
        """``handler``, reached by genuine requests only."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            request = request.clone(client_max_size=MOST_BYTES)
            seen = await self.examine(request)
            if isinstance(seen, Reason):
                logger.info(REFUSED_LOG, request.path, request.remote, seen)
                return web.Response(status=401, headers={"Connection": "close"})
            response = await handler(request)
            if response.status >= 500:
                # Nothing was taken. Slack sends an event again at once, and within the same second
                # it is the same request.
                await self._replays.forget(seen)
            return response

        return guarded

    async def examine(self, request: web.Request) -> Claim | Reason:
        """What lets ``request`` in, or why not. The body is read only if the headers are fit."""
        timestamps = request.headers.getall("X-Slack-Request-Timestamp", [])
        signatures = request.headers.getall("X-Slack-Signature", [])
        now = self._clock.wall()
        claimed = claim(timestamps, signatures, now)
        if isinstance(claimed, Reason):
            return claimed
        body = await _read(request)
        if isinstance(body, Reason):
            return body
        if not holds(claimed, timestamps[0], body, self._secret):
            return Reason.WRONG_SIGNATURE
        return claimed if await self._replays.is_new(claimed, now) else Reason.REPLAYED


async def _read(request: web.Request) -> bytes | Reason:
    if (request.content_length or 0) > MOST_BYTES:
        return Reason.BODY_TOO_LARGE
    if "Content-Encoding" in request.headers:  # the server would unpack it: not what was signed
        return Reason.BODY_ENCODED
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return Reason.BODY_TOO_LARGE
    except TimeoutError:
        return Reason.BODY_TOO_SLOW
    except (web.RequestPayloadError, ClientError, OSError):
        return Reason.BODY_BROKEN
