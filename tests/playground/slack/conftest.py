"""A workspace, Slack's own client on it, and a browser page that shows it."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.cluster import PretendCluster

SECRET = "playground-signing-secret"
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with Workspace(signing_secret=SECRET) as started:
        yield started


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def cluster() -> PretendCluster:
    return PretendCluster()


@pytest.fixture
async def shown(cluster: PretendCluster) -> AsyncIterator[Workspace]:
    """A workspace whose page shows a cluster."""
    async with Workspace(signing_secret=SECRET, controls=cluster) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, once for a module."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CILIUM_ONCALL_REQUIRE_ALL") == "1":
            pytest.fail("chromium is required here and not installed")
        pytest.skip("chromium is not installed: the page is not tested (apt install chromium)")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_ARGUMENTS
        )
        yield started
        await started.close()


async def open_page(browser: Browser, workspace: Workspace, width: int = 1280) -> Page:
    """The workspace's page, with the first state shown; its errors fail the test at its close."""
    context = await browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(5_000)
    page = await context.new_page()
    await page.goto(workspace.page_url)
    await page.locator(".intro").wait_for()
    return page
