"""Debian's headless Chromium for the tests that look at a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A started browser. Without Chromium the test is skipped, or fails where it is required."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CILIUM_ONCALL_REQUIRE_ALL") == "1":
            pytest.fail("chromium is required here and not installed")
        pytest.skip("chromium is not installed: the page is not tested (apt install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()
