"""The cluster panel, screen readers, themes and phones."""

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.cluster import PretendCluster
from tests.playground.slack.page.conftest import ONCALL, articles

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def test_the_cluster_panel_injects_clears_and_says_what_is_wrong(
    page: Page, cluster: PretendCluster
) -> None:
    panel = page.locator("#cluster")
    await panel.get_by_role("button", name="node-3, healthy").click()
    await panel.get_by_label("Fault", exact=True).select_option("agent-silent")
    await expect(panel.get_by_label("Node", exact=True)).to_have_value("node-3")
    await panel.get_by_role("button", name="Inject").click()
    await expect(panel.get_by_role("button", name="node-3, agent in trouble")).to_be_visible()
    assert cluster.faults[0]["target"] == "node-3"
    await panel.get_by_role("button", name="Clear agent-silent on node-3").click()
    await expect(panel).to_contain_text("12 healthy")
    await panel.get_by_label("Fault", exact=True).select_option("link-down")
    await panel.get_by_label("Other node").select_option("node-9")
    await panel.get_by_role("button", name="Inject").click()
    await expect(panel).to_contain_text("node-3 and node-9")
    await panel.get_by_label("Fault", exact=True).select_option("operator-down")
    await panel.get_by_role("button", name="Inject").click()
    await expect(panel).to_contain_text("the operator is down already")
    cluster.broken = "the simulator is gone"
    await expect(panel).to_contain_text("The cluster does not answer: the simulator is gone")


async def test_what_is_suggested_to_break_is_whole(page: Page, cluster: PretendCluster) -> None:
    await cluster.inject("agent-crash-loop", "node-7", {})
    await page.reload()
    await expect(page.get_by_label("Node", exact=True)).to_have_value("node-8")
    await page.get_by_role("button", name="Break node-8: agent-crash-loop").click()
    await expect(page.get_by_role("button", name="node-8, agent in trouble")).to_be_visible()
    await expect(page.get_by_role("button", name="/cilium status node-8")).to_be_visible()


async def test_messages_are_announced_to_who_cannot_see_them(
    page: Page, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel=ONCALL, text="*agent* down on `node-7`")
    announcer = page.locator('[aria-live="polite"]')
    await expect(announcer).to_have_text("Cilium on-call: agent down on node-7")


async def test_the_theme_follows_the_system_and_can_be_chosen(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(background)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(background)
    assert dark != light
    toggle = page.get_by_role("button", name="Theme")
    await toggle.click()
    await expect(toggle).to_have_text("Theme: light")
    assert await page.evaluate(background) == light
    await toggle.click()
    assert await page.evaluate(background) == dark
    await page.reload()
    await expect(toggle).to_have_text("Theme: dark")


async def test_fits_a_phone(page: Page, workspace: Workspace, client: AsyncWebClient) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    wide = [[{"type": "raw_text", "text": "a long cell of a table"}] * 12] * 3
    await client.chat_postMessage(
        channel=ONCALL,
        text="x",
        blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": "```" + "x" * 300 + "```"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "y" * 300}},
            {"type": "table", "rows": wide},
        ],
    )
    await expect(articles(page)).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert await page.locator("#messages").evaluate("node => node.scrollWidth") == 390
    sidebar = page.locator("#sidebar")
    await expect(sidebar).to_be_hidden()
    await page.get_by_role("button", name="Open the sidebar").click()
    await expect(sidebar).to_be_visible()
    await sidebar.get_by_role("button", name="general").click()
    await expect(sidebar).to_be_hidden()
    await expect(page.locator("#channel-name")).to_have_text("#general")
    await page.get_by_role("button", name="Cluster: 12 healthy").click()
    await expect(page.locator("#cluster")).to_be_visible()
    await page.get_by_role("button", name="Close the cluster panel").click()
    await expect(page.locator("#cluster")).to_be_hidden()
