"""Modals, the home tab, fields in messages, the tour, and the disturbed line, in a real browser."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack import views
from tests.playground.slack.bolt import app_for, served
from tests.playground.slack.page.conftest import ONCALL, articles
from tests.playground.slack.views import field, option, plain

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

HOSTILE = "<img src=x onerror=window.hacked=1>"


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As a bot asks before a restart."""
    named = {"title": plain("Restart"), "submit": plain("Ask for it")}
    return views.modal(*blocks, **{**named, **more})


FIELDS = [
    field("Reason", {"type": "plain_text_input", "multiline": True, "min_length": 3}),
    field("Nodes", {"type": "number_input", "is_decimal_allowed": False}),
    field("How", {"type": "radio_buttons", "options": [option("gently"), option("now")]}),
    field("Also", {"type": "checkboxes", "options": [option("drain")]}, optional=True),
    field("Approver", {"type": "users_select"}),
    field("Day", {"type": "datepicker", "initial_date": "2026-11-23"}),
]


async def opened(workspace: Workspace, client: AsyncWebClient, view: dict[str, Any]) -> Any:
    person = workspace._state.directory.person("ana")
    trigger = workspace._views.triggers.issue(person)
    return (await client.views_open(trigger_id=trigger, view=view))["view"]


async def test_a_modal_is_filled_in_corrected_and_sent(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    app = app_for(workspace)
    seen: list[dict[str, Any]] = []

    @app.view("ask")
    async def taken(ack: Any, view: dict[str, Any]) -> None:
        seen.append(view["state"]["values"])
        if len(seen) == 1:
            await ack(response_action="errors", errors={"Nodes": HOSTILE})
        else:
            await ack()

    await opened(workspace, client, modal(*FIELDS))
    dialog = page.get_by_role("dialog", name="Restart")
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    async with served(app, workspace):
        await dialog.get_by_role("button", name="Ask for it").click()
        await expect(dialog.get_by_text("Please complete this required field.")).to_have_count(4)
        await dialog.get_by_label("Reason").fill("it crashes")
        await dialog.get_by_label("Nodes").fill("1")
        await dialog.get_by_text("gently").click()
        await dialog.get_by_text("drain").click()
        await dialog.get_by_label("Approver").select_option("Ben Okafor")
        await dialog.get_by_role("button", name="Ask for it").click()
        await expect(dialog).to_contain_text(HOSTILE)
        await expect(dialog.get_by_label("Reason")).to_have_value("it crashes")
        await dialog.get_by_role("button", name="Ask for it").click()
        await expect(dialog).to_be_hidden()
    assert seen[1]["Reason"]["v"]["value"] == "it crashes"
    assert seen[1]["How"]["v"]["selected_option"]["value"] == "gently"
    assert seen[1]["Also"]["v"]["selected_options"] == [option("drain")]
    assert seen[1]["Approver"]["v"]["selected_user"] == workspace.users["ben"]
    assert seen[1]["Day"]["v"]["selected_date"] == "2026-11-23"
    assert await page.evaluate("window.hacked") is None


async def test_a_modal_is_updated_under_the_fingers_pushed_and_left(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    loading = {"type": "section", "text": plain("Looking…")}
    view = await opened(workspace, client, modal(FIELDS[0], loading))
    dialog = page.get_by_role("dialog", name="Restart")
    await dialog.get_by_label("Reason").fill("half a th")
    ready = {"type": "section", "text": plain("Found it")}
    await client.views_update(view_id=view["id"], view=modal(FIELDS[0], ready))
    await expect(dialog).to_contain_text("Found it")
    await expect(dialog.get_by_label("Reason")).to_have_value("half a th")
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    trigger = workspace._views.triggers.issue(
        workspace._state.directory.person("ana"), workspace.modals.top()
    )
    await client.views_push(trigger_id=trigger, view=modal(loading, title=plain("On top")))
    top = page.get_by_role("dialog", name="On top")
    await top.get_by_role("button", name="Back").click()
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert workspace.modals.top() is None


async def test_a_modal_that_the_app_does_not_take_says_so(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    await opened(workspace, client, modal(FIELDS[0]))
    dialog = page.get_by_role("dialog", name="Restart")
    await dialog.get_by_label("Reason").fill("because")
    await dialog.get_by_role("button", name="Ask for it").click()
    await expect(dialog).to_contain_text("We had some trouble connecting. Try again?")
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_be_hidden()


async def test_the_home_tab_is_opened_shown_and_used(page: Page, workspace: Workspace) -> None:
    app = app_for(workspace)
    clicks: list[str] = []

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: Any) -> None:
        if event["tab"] != "home":
            return
        button = {"type": "button", "action_id": "go", "text": plain("Approve"), "value": "7"}
        blocks = [
            {"type": "header", "text": plain("Waiting for you")},
            {"type": "actions", "elements": [button]},
        ]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.action("go")
    async def go(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        clicks.append(action["value"])

    async with served(app, workspace):
        await page.locator("#apps").get_by_role("button").click()
        await page.get_by_role("tab", name="Home").click()
        panel = page.get_by_role("tabpanel", name="Home")
        await expect(panel).to_contain_text("Waiting for you")
        await expect(page.locator("#box")).to_be_hidden()
        await panel.get_by_role("button", name="Approve").click()
        await page.get_by_role("tab", name="Messages").click()
        await expect(page.locator("#box")).to_be_visible()
    assert clicks == ["7"]
    await page.locator("#channels").get_by_role("button", name="general").click()
    await expect(page.get_by_role("tab", name="Home")).to_be_hidden()


async def test_plans_tasks_cards_and_feedback_are_shown_and_used(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    app = app_for(workspace)
    said: list[Any] = []

    @app.action("helped")
    async def helped(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        said.append(action["value"])

    @app.action("day")
    async def day(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        said.append(action["selected_date"])

    task = {"type": "task_card", "task_id": "t", "title": HOSTILE, "status": "in_progress"}
    good = {"text": plain("Good"), "value": "good"}
    feedback = {
        "type": "feedback_buttons",
        "action_id": "helped",
        "positive_button": good,
        "negative_button": {"text": plain("Bad"), "value": "bad"},
    }
    await client.chat_postMessage(
        channel=ONCALL,
        text="x",
        blocks=[
            {"type": "plan", "title": "Restart the agent", "tasks": [task, task]},
            {"type": "card", "title": plain("node-7"), "body": plain("crash loop")},
            {"type": "context_actions", "elements": [feedback]},
            {"type": "actions", "elements": [{"type": "datepicker", "action_id": "day"}]},
        ],
    )
    message = articles(page).last
    await expect(message.get_by_role("img", name="at work")).to_have_count(2)
    await expect(message).to_contain_text(HOSTILE)
    await expect(message.locator(".card")).to_contain_text("crash loop")
    async with served(app, workspace):
        await message.get_by_role("button", name="Good").click()
        await message.locator("input[type=date]").fill("2026-12-24")
        await page.wait_for_timeout(200)
    assert said == ["good", "2026-12-24"]
    assert await page.evaluate("window.hacked") is None


async def test_fits_a_phone_with_everything_open(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    long = {"type": "section", "text": plain("x" * 400)}
    await opened(workspace, client, modal(long, *FIELDS))
    dialog = page.get_by_role("dialog", name="Restart")
    await expect(dialog.get_by_role("button", name="Ask for it")).to_be_in_viewport()
    body = page.locator("#modal-body")
    assert await body.evaluate("node => node.scrollWidth <= node.clientWidth")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Open the sidebar").click()
    await page.locator("#apps").get_by_role("button").click()
    await page.get_by_role("tab", name="Home").click()
    await expect(page.locator("#home")).to_contain_text("has published nothing")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_foreign_person_s_command_is_refused_as_in_slack(page: Page) -> None:
    await page.get_by_role("radio", name="Kim Sato").click()
    await expect(page.locator("#channels .place-name")).to_have_text(["partner-noc"])
    await page.fill("#box", "/cilium status")
    await page.press("#box", "Enter")
    await expect(articles(page).last).to_contain_text("/cilium is not a valid command.")


async def test_the_tour_is_taken_ended_and_remembered(page: Page) -> None:
    tour = page.get_by_role("region", name="Tour")
    await expect(tour).to_contain_text("Tour, 1 of 6")
    await tour.get_by_role("button", name="Next").click()
    await tour.get_by_role("button", name="Write a mention").click()
    await expect(page.locator("#box")).to_have_value("@cilium ")
    for _ in range(2):
        await tour.get_by_role("button", name="Next").click()
    await tour.get_by_role("button", name="Become Gus").click()
    await expect(page.get_by_role("radio", name="Gus Moreau")).to_be_checked()
    await tour.get_by_role("button", name="End the tour").click()
    await expect(tour).to_be_hidden()
    await page.reload()
    await page.locator(".intro").wait_for()
    await expect(tour).to_be_hidden()
    await page.get_by_role("button", name="Take the tour").click()
    await expect(tour).to_contain_text("Tour, 1 of 6")


async def test_the_line_is_disturbed_and_healed_on_the_page(
    page: Page, workspace: Workspace
) -> None:
    line = page.get_by_role("region", name="Slack and the bot")
    await expect(line).to_contain_text("The bot is reached not at all.")
    await line.get_by_role("button", name="The next event gets lost").click()
    await line.get_by_role("button", name="Slack refuses the next 3").click()
    await expect(line).to_contain_text("the next 1 events are lost")
    workspace.say("@cilium status")
    await expect(line).to_contain_text("app_mention got lost")
    workspace.say("@cilium status")
    await expect(line).to_contain_text("app_mention not taken (connection_failed), again at once")
    await expect(line).to_contain_text("calls of chat.postMessage that fail next: 3")
    await line.get_by_role("button", name="for 40 seconds").click()
    await expect(line).to_contain_text("calls of chat.update that fail next: 4")
    await line.get_by_role("button", name="End all of it").click()
    await expect(line.get_by_role("button", name="End all of it")).to_be_hidden()
    workspace.bot_url = "http://127.0.0.1:9"
    await expect(line).to_contain_text("The bot is reached over HTTP.")
