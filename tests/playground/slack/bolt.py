"""A small real Bolt app, over HTTP or Socket Mode, that takes what a workspace sends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace


def app_for(workspace: Workspace) -> AsyncApp:
    """A Bolt app with the workspace's secret, token and Web API."""
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    return AsyncApp(signing_secret=workspace.signing_secret, client=client)


@asynccontextmanager
async def served(app: AsyncApp, workspace: Workspace) -> AsyncIterator[None]:
    """Serve the app on a free port and tell the workspace where."""

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    server = web.Application()
    server.router.add_post("/slack/events", handle)
    async with serving(server) as base:
        workspace.bot_url = base + "/slack/events"
        yield


@asynccontextmanager
async def serving(server: web.Application) -> AsyncIterator[str]:
    """Serve on a free loopback port; gives the base URL."""
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected(app: AsyncApp, workspace: Workspace) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app by Socket Mode, once its socket is open."""
    handler = AsyncSocketModeHandler(app, workspace.app_token, ping_interval=5)
    handler.client.web_client.base_url = workspace.api_url
    await handler.connect_async()
    await until(lambda: workspace.sockets.count == 1)
    try:
        yield handler
    finally:
        await handler.close_async()


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
