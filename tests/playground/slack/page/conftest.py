"""The page in headless Chromium, with a cluster, on one event loop for the whole folder."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.browser import chromium
from tests.playground.slack.cluster import PretendCluster

ONCALL = "cilium-oncall"
expect.set_options(timeout=5_000)


@pytest_asyncio.fixture(loop_scope="package", scope="package")
async def browser() -> AsyncIterator[BrowserContext]:
    """Chromium, started once. Tests share nothing: each workspace has an origin of its own."""
    async with chromium() as started:
        context = await started.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(5_000)
        yield context


@pytest.fixture
def cluster() -> PretendCluster:
    return PretendCluster()


@pytest_asyncio.fixture(loop_scope="package")
async def workspace(cluster: PretendCluster) -> AsyncIterator[Workspace]:
    async with Workspace(controls=cluster) as started:
        yield started


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest_asyncio.fixture(loop_scope="package")
async def page(browser: BrowserContext, workspace: Workspace) -> AsyncIterator[Page]:
    """The page at laptop width. Whatever it complains about fails the test."""
    opened = await browser.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda line: complaints.append(line.text) if line.type == "error" else None
    )
    opened.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    requested: list[str] = []
    opened.on("request", lambda request: requested.append(request.url))
    await opened.goto(workspace.page_url)
    await opened.locator(".intro").wait_for()
    yield opened
    await opened.close()
    assert complaints == []
    own = workspace.page_url.split("?")[0]
    assert [url for url in requested if not url.startswith(own)] == []


def articles(page: Page, within: str = "#messages") -> Any:
    return page.locator(f"{within} article")


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
