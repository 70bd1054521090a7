"""The demo as a person sees it: the page in a real browser, the bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import chromium
from tests.scenarios.demo import demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ANSWERED = 10_000


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """One demo for all; each test mends what it breaks or breaks another node."""
    async with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running.page


async def opened(browser: Browser, address: str, width: int) -> Page:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(5_000)
    page = await context.new_page()
    await page.goto(address)
    await page.locator("#messages article").first.wait_for()
    return page


async def ask(page: Page, text: str) -> None:
    await page.fill("#box", text)
    await page.press("#box", "Enter")


async def test_page_opens_on_an_answer_and_asking_gives_another(
    browser: Browser, address: str
) -> None:
    page = await opened(browser, address, 1280)
    answers = page.locator("#messages article", has_text="Cilium on node-7")
    await expect(answers.first).to_contain_text("FAILED", timeout=ANSWERED)
    before = await answers.count()
    await ask(page, "/cilium status node-7")
    await expect(answers).to_have_count(before + 1, timeout=ANSWERED)
    await expect(answers.last).to_contain_text("The agent crashes again and again")
    await page.context.close()


async def test_injected_fault_is_found_with_its_cause(browser: Browser, address: str) -> None:
    page = await opened(browser, address, 1280)
    await ask(page, "/cilium status node-3")
    answers = page.locator("#messages article", has_text="Cilium on node-3")
    await expect(answers.last).to_contain_text("OK", timeout=ANSWERED)
    panel = page.locator("#cluster")
    await panel.get_by_role("button", name="node-3, healthy").click()
    await panel.get_by_label("Fault", exact=True).select_option("agent-failing")
    await panel.get_by_role("button", name="Inject").click()
    await expect(panel.get_by_role("button", name="Clear agent-failing on node-3")).to_be_visible()
    await ask(page, "/cilium status node-3")
    await expect(answers.last).to_contain_text("FAILED", timeout=ANSWERED)
    await expect(answers.last).to_contain_text("The agent cannot use the API server")
    await page.context.close()


async def test_thread_shows_where_the_trouble_is_and_says_it_in_words(
    browser: Browser, address: str
) -> None:
    page = await opened(browser, address, 390)
    await ask(page, "/cilium status")
    answer = page.locator("#messages article", has_text="agents are ready").last
    await answer.locator(".replies").click(timeout=ANSWERED)
    picture = page.locator(".file img").first
    await expect(picture).to_be_visible(timeout=ANSWERED)
    said = await picture.get_attribute("alt")
    assert said is not None
    assert said.startswith("Agents by zone. 12 nodes in 3 zones. ")
    assert "agent crash loop (node-7" in said
    loaded = "image => image.decode().then(() => image.naturalWidth)"
    assert await picture.evaluate(loaded) == 720
    inside = "image => image.getBoundingClientRect().right <= document.documentElement.clientWidth"
    assert await picture.evaluate(inside)
    await page.context.close()


async def test_phone_needs_no_sideways_scrolling(browser: Browser, address: str) -> None:
    page = await opened(browser, address, 390)
    await ask(page, "/cilium status")
    answer = page.locator("#messages article", has_text="agents are ready")
    await expect(answer.last).to_be_visible(timeout=ANSWERED)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0
    messages = "(e => e.scrollWidth - e.clientWidth)(document.querySelector('#messages'))"
    assert await page.evaluate(messages) <= 0
    await page.context.close()
