"""The bot's HTTP side: Slack's requests, the terminal's, metrics and health, on one port."""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.observability.health import LoopLag, Part
from bot.observability.metrics import Metrics

_LINES = "application/x-ndjson"


def application(
    routes: Iterable[web.RouteDef],
    metrics: Metrics,
    lag: LoopLag,
    parts: Iterable[Part],
    api: Iterable[web.RouteDef] = (),
) -> web.Application:
    """What to serve. ``routes`` are Slack's, and the time until their answer counts as its
    acknowledgement; ``api`` is the terminal's."""
    doors, looked_at = list(routes), tuple(parts)
    paths = {route.path for route in doors}

    @web.middleware
    async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        response = await handler(request)
        if request.path in paths and response.status < 400:
            metrics.ack_seconds.observe(time.monotonic() - began)
        return response

    async def alive(request: web.Request) -> web.Response:
        said = {"alive": True, "loop_lag_seconds": round(lag.seconds, 3)}
        return web.json_response(body=msgspec.json.encode(said))

    async def ready(request: web.Request) -> web.Response:
        lines = [part() for part in looked_at]
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        fine = all(line.ok for line in lines if line.required)
        return web.Response(body=body, status=200 if fine else 503, content_type=_LINES)

    async def exposition(request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=metrics.exposition(), headers=headers)

    app = web.Application(middlewares=[timed])
    app.add_routes(doors)
    app.add_routes(api)
    app.add_routes(
        [
            web.get("/healthz", alive),
            web.get("/readyz", ready),
            web.get("/metrics", exposition),
        ]
    )
    return app
