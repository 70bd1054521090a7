"""Writing, commands, people, threads, buttons and a lost line, in a real browser."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.bolt import app_for, served
from tests.playground.slack.page.conftest import ONCALL, articles
from tests.playground.slack.views import plain

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def test_the_token_leaves_the_address(page: Page) -> None:
    assert "token" not in page.url
    assert await page.evaluate("document.cookie") == ""


async def test_a_newcomer_clicks_through_the_three_suggestions(
    page: Page, workspace: Workspace
) -> None:
    app = app_for(workspace)

    @app.command("/cilium")
    async def answer(ack: Any, command: dict[str, Any], client: Any) -> None:
        await ack()
        await client.chat_postMessage(
            channel=command["channel_id"], text=f"you asked: `{command['text']}`"
        )

    async with served(app, workspace):
        await page.get_by_role("button", name="/cilium status", exact=False).first.click()
        await expect(articles(page).last).to_contain_text("you asked: status")
        await expect(page.locator(".sending").first).to_contain_text("taken by the app in")
        await page.get_by_role("button", name="Break node-7: agent-crash-loop").click()
        await expect(page.locator(".tile.agent .tile-name")).to_have_text("node-7")
        await expect(page.locator(".tile.agent .tile-mark")).to_have_text("!")
        await page.get_by_role("button", name="/cilium status node-7").click()
        await expect(articles(page).last).to_contain_text("you asked: status node-7")
    await expect(page.locator("#hints")).to_be_hidden()


async def test_the_app_is_invited_where_it_is_not(page: Page, workspace: Workspace) -> None:
    await page.get_by_role("button", name="general", exact=False).first.click()
    await expect(page.locator(".intro")).to_contain_text("is not in this channel")
    await page.fill("#box", "/invite @cilium")
    await page.press("#box", "Enter")
    await expect(articles(page).last).to_contain_text("was added to #general by Ana Ruiz")
    await expect(page.locator(".intro")).to_contain_text("listens here")
    await page.fill("#box", "/invite @cilium")
    await page.press("#box", "Enter")
    await expect(page.locator(".sending").first).to_contain_text("in this channel already")


async def test_a_command_that_times_out_reads_as_in_slack(page: Page, workspace: Workspace) -> None:
    await page.fill("#box", "/cilium status")
    await page.press("#box", "Enter")
    last = articles(page).last
    await expect(last).to_contain_text('/cilium failed with the error "dispatch_failed"')
    await expect(last).to_contain_text("Only visible to you")
    await expect(last).to_contain_text("Slackbot")


async def test_the_box_completes_recalls_and_breaks_lines(page: Page, workspace: Workspace) -> None:
    box = page.locator("#box")
    await box.press_sequentially("/ci")
    offer = page.locator("#composer").get_by_role("option").first
    await expect(offer).to_contain_text("status [node] | help")
    await box.press("Enter")
    await expect(box).to_have_value("/cilium ")
    await box.press_sequentially("status node-1")
    await box.press("Enter")
    await expect(articles(page)).to_have_count(1)
    await box.press("ArrowUp")
    await expect(box).to_have_value("/cilium status node-1")
    await box.press("ArrowDown")
    await expect(box).to_have_value("")
    await box.press_sequentially("/cilium st")
    await expect(offer).to_contain_text("/cilium status node-1")
    await box.press("Tab")
    await expect(box).to_have_value("/cilium status node-1")
    await box.fill("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    await expect(articles(page)).to_have_count(2)
    assert workspace.messages(ONCALL)[-1].text == "one\ntwo"
    await box.fill("/unknown")
    await box.press("Enter")
    await expect(page.locator(".sending").first).to_contain_text("/unknown is not a command here")


async def test_private_messages_are_seen_by_their_person_only(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(
        channel=ONCALL, user=workspace.users["ana"], text="for ana's eyes"
    )
    await client.chat_postMessage(channel=ONCALL, text="for all")
    await expect(articles(page).first).to_contain_text("Only visible to you")
    await page.get_by_role("radio", name="Ben Okafor").click()
    await expect(articles(page)).to_have_count(1)
    await expect(articles(page)).to_contain_text("for all")
    await page.fill("#box", "I am Ben")
    await page.press("#box", "Enter")
    await expect(articles(page).last).to_contain_text("Ben Okafor")
    assert workspace.messages(ONCALL)[-1].user == workspace.users["ben"]


async def test_an_edit_happens_in_place_and_moves_nothing(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=workspace.channels[ONCALL], text="placeholder")
    for number in range(40):
        workspace.say(f"line {number}")
    await expect(articles(page)).to_have_count(41)
    log = page.locator("#messages")
    # Whoever stands at the end stays at the end when an older message grows.
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="grown\n" * 20)
    await expect(articles(page).first).to_contain_text("(edited)")
    end = "node => node.scrollHeight - node.scrollTop - node.clientHeight"
    assert await log.evaluate(end) < 2
    # Whoever reads further up keeps the line they read where it is.
    line = articles(page).nth(20)
    await line.scroll_into_view_if_needed()
    await page.wait_for_timeout(50)
    before = await line.bounding_box()
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="short again")
    await expect(articles(page).first).to_contain_text("short again")
    after = await line.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2
    await expect(articles(page)).to_have_count(41)


async def test_threads_open_beside_the_channel(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    channel = workspace.channels[ONCALL]
    root = await client.chat_postMessage(channel=channel, text="root")
    await client.chat_postMessage(channel=channel, text="detail", thread_ts=root["ts"])
    await page.get_by_role("button", name="1 reply").click()
    await expect(articles(page, "#thread")).to_have_count(2)
    await expect(articles(page)).to_have_count(1)
    await page.fill("#thread-box", "/cilium status")
    await page.press("#thread-box", "Enter")
    await expect(page.locator("#thread")).to_contain_text("not supported in threads")
    await page.fill("#thread-box", "thanks")
    await page.press("#thread-box", "Enter")
    await expect(articles(page, "#thread").last).to_contain_text("thanks")
    await expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    assert workspace.messages(ONCALL)[-1].thread_ts == root["ts"]
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()


async def test_buttons_ask_first_and_reach_the_bot(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    app = app_for(workspace)

    @app.action("restart")
    async def restart(ack: Any, respond: Any) -> None:
        await ack()
        await respond("restarted", replace_original=True)

    question = {
        "title": plain("Restart?"),
        "text": plain("On node-7"),
        "confirm": plain("Do it"),
        "deny": plain("No"),
    }
    buttons = [
        {
            "type": "button",
            "action_id": "restart",
            "text": plain("Restart"),
            "style": "danger",
            "confirm": question,
        },
        {"type": "button", "action_id": "unknown", "text": plain("Other")},
    ]
    await client.chat_postMessage(
        channel=ONCALL, text="x", blocks=[{"type": "actions", "elements": buttons}]
    )
    async with served(app, workspace):
        await page.get_by_role("button", name="Other").click()
        await expect(page.locator(".click-failed")).to_contain_text("http_client_error")
        await page.get_by_role("button", name="Restart").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("On node-7")
        await dialog.get_by_role("button", name="No").click()
        await expect(dialog).to_be_hidden()
        await page.get_by_role("button", name="Restart").click()
        await dialog.get_by_role("button", name="Do it").click()
        await expect(articles(page).last).to_contain_text("restarted")


async def test_comes_back_after_the_line_dropped(page: Page, workspace: Workspace) -> None:
    workspace.say("before")
    await expect(articles(page)).to_have_count(1)
    workspace._state.feed.end()  # the server ends every open stream
    workspace.say("meanwhile")
    await expect(articles(page)).to_have_count(2)
    workspace.say("after")
    await expect(articles(page)).to_have_count(3)
    await expect(page.locator("#connection")).to_have_text("")


async def test_a_permalink_leads_to_its_message(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    said = [workspace.say(f"line {number}") for number in range(60)]
    link = await client.chat_getPermalink(channel=said[5].channel, message_ts=said[5].ts)
    await page.goto(link["permalink"])
    await expect(page.locator(".linked")).to_contain_text("line 5")
    await expect(page.locator(".linked")).to_be_in_viewport()
    assert page.url == workspace.page_url.split("?")[0]


async def test_a_mention_reaches_the_app_in_a_channel_and_in_a_thread(
    page: Page, workspace: Workspace
) -> None:
    app = app_for(workspace)

    @app.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        await say("heard", thread_ts=event.get("thread_ts") or event["ts"])

    async with served(app, workspace):
        box = page.locator("#box")
        await box.press_sequentially("@ci")
        await expect(page.locator("#composer").get_by_role("option")).to_contain_text("@cilium")
        await box.press("Enter")
        await expect(box).to_have_value("@cilium ")
        await box.press_sequentially("status")
        await box.press("Enter")
        await expect(articles(page).locator(".mention")).to_have_text("@Cilium on-call")
        await page.get_by_role("button", name="1 reply").click()
        await page.fill("#thread-box", "@cilium again")
        await page.press("#thread-box", "Enter")
        await expect(page.get_by_role("button", name="3 replies")).to_be_visible()


async def test_a_command_s_hint_is_offered_word_by_word(page: Page) -> None:
    await page.locator("#box").press_sequentially("/cilium ")
    offers = page.locator("#composer .offer-name")
    await expect(offers).to_have_text(["/cilium status", "/cilium help"])


async def test_what_was_begun_waits_where_it_was_and_marks_are_each_person_s(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    await page.fill("#box", "half a thou")
    sidebar = page.locator("#sidebar")
    await sidebar.get_by_role("button", name="general").click()
    await expect(page.locator("#box")).to_have_value("")
    await client.chat_postMessage(channel=ONCALL, text="news")
    await client.chat_postMessage(channel=workspace.users["ben"], text="please approve")
    await expect(sidebar.get_by_label("1 unread")).to_have_count(1)
    await page.get_by_role("radio", name="Ben Okafor").click()
    await expect(sidebar.get_by_label("1 unread")).to_have_count(2)
    await sidebar.get_by_role("button", name="Cilium on-call").click()
    await expect(articles(page)).to_contain_text("please approve")
    await page.get_by_role("radio", name="Ana Ruiz").click()
    await expect(page.locator("#channel-name")).to_have_text("#general")  # where she was
    await expect(sidebar.get_by_label("1 unread")).to_have_count(1)
    await sidebar.get_by_role("button", name="cilium-oncall").click()
    await expect(page.locator("#box")).to_have_value("half a thou")


async def test_a_guest_sees_only_their_channels(page: Page) -> None:
    await page.get_by_role("radio", name="Gus Moreau").click()
    await expect(page.locator("#channels .place-name")).to_have_text(["cilium-oncall"])
    await page.get_by_role("radio", name="Ana Ruiz").click()
    await expect(page.locator("#channels .place-name")).to_have_count(4)
