"""Buttons and menus against a real Bolt app."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.bolt import app_for, served


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


BLOCKS = [
    {
        "type": "actions",
        "block_id": "choices",
        "elements": [
            {"type": "button", "action_id": "again", "text": plain("Run again"), "value": "r1"},
            {
                "type": "static_select",
                "action_id": "pick",
                "options": [
                    {"text": plain("one"), "value": "1"},
                    {"text": plain("two"), "value": "2"},
                ],
            },
        ],
    }
]


async def test_a_click_reaches_bolt_and_its_response_url_replaces_the_message(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    app = app_for(workspace)
    seen: list[dict[str, Any]] = []

    @app.action("again")
    async def again(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        seen.append(body)
        await respond("running again", replace_original=True)

    posted = await client.chat_postMessage(channel="cilium-oncall", text="report", blocks=BLOCKS)
    (message,) = workspace.messages("cilium-oncall")
    async with served(app, workspace):
        ack = await workspace.click(message, "again", user="ben")
        assert ack.status == 200
        await workspace.wait_for(lambda messages: messages[0].text == "running again")
    (body,) = seen
    assert body["type"] == "block_actions"
    assert body["user"]["id"] == workspace.users["ben"]
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": posted["channel"],
        "is_ephemeral": False,
    }
    assert body["message"]["blocks"] == posted["message"]["blocks"]
    (action,) = body["actions"]
    assert (action["block_id"], action["value"], action["text"]) == (
        "choices",
        "r1",
        plain("Run again"),
    )


async def test_a_menu_says_what_was_chosen(workspace: Workspace, client: AsyncWebClient) -> None:
    app = app_for(workspace)
    chosen: list[str] = []

    @app.action("pick")
    async def pick(ack: Any, action: dict[str, Any]) -> None:
        chosen.append(action["selected_option"]["value"])
        await ack()

    await client.chat_postEphemeral(
        channel="cilium-oncall", user=workspace.users["ana"], text="x", blocks=BLOCKS
    )
    (message,) = workspace.messages("cilium-oncall")
    async with served(app, workspace):
        await workspace.click(message, "pick", selected="2")
    assert chosen == ["2"]
    with pytest.raises(KeyError):
        await workspace.click(message, "pick", selected="3")
    with pytest.raises(KeyError, match="no control"):
        await workspace.click(message, "missing")


async def test_bolt_knows_no_such_action(workspace: Workspace, client: AsyncWebClient) -> None:
    app = app_for(workspace)
    await client.chat_postMessage(channel="cilium-oncall", text="report", blocks=BLOCKS)
    (message,) = workspace.messages("cilium-oncall")
    async with served(app, workspace):
        ack = await workspace.click(message, "again")
    assert (ack.status, ack.error) == (404, "http_client_error")
