"""Modals and home tabs against a real Bolt app."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from bot.playground.slack.limits import SIZES
from tests.playground.slack.bolt import app_for, served, until
from tests.playground.slack.views import field, modal, option, plain


async def opened(workspace: Workspace, client: AsyncWebClient, view: dict[str, Any]) -> Any:
    """Open a modal for Ana, as after something she did."""
    person = workspace._state.directory.person("ana")
    return await client.views_open(trigger_id=workspace._views.triggers.issue(person), view=view)


ALL_FIELDS = [
    field("text", {"type": "plain_text_input", "min_length": 2, "max_length": 5}),
    field("number", {"type": "number_input", "is_decimal_allowed": False, "max_value": "9"}),
    field("one", {"type": "static_select", "options": [option("a"), option("b")]}),
    field(
        "many",
        {
            "type": "multi_static_select",
            "option_groups": [{"label": plain("g"), "options": [option("a"), option("b")]}],
            "max_selected_items": 1,
        },
    ),
    field("who", {"type": "users_select", "initial_user": "U0PLAYBEN01"}),
    field("where", {"type": "channels_select"}, optional=True),
    field("day", {"type": "datepicker"}),
    field("time", {"type": "timepicker", "initial_time": "09:30"}),
    field("moment", {"type": "datetimepicker"}),
    field("radio", {"type": "radio_buttons", "options": [option("r1"), option("r2")]}),
    field("boxes", {"type": "checkboxes", "options": [option("c1"), option("c2")]}),
]


async def test_a_command_opens_a_modal_and_its_submission_carries_every_value(
    workspace: Workspace,
) -> None:
    app = app_for(workspace)
    submitted: list[dict[str, Any]] = []

    @app.command("/cilium")
    async def ask(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(*ALL_FIELDS, private_metadata="run-1")
        )

    @app.view("ask")
    async def taken(ack: Any, view: dict[str, Any]) -> None:
        submitted.append(view)
        await ack()

    async with served(app, workspace):
        await workspace.command("/cilium", "ask")
        await until(workspace.modals.top)
        view = workspace.modals.top()
        assert view
        refused = await workspace.modals.submit({"text": {"v": "x"}, "number": {"v": "12"}})
        assert refused.error == "incomplete"
        errors = workspace.modals.errors(view)
        assert errors["text"] == "Must be at least 2 characters."
        assert errors["number"] == "Must be 9 or less."
        assert errors["one"] == "Please complete this required field."
        assert "where" not in errors
        assert "who" not in errors
        ack = await workspace.modals.submit(
            {
                "text": {"v": "why"},
                "number": {"v": "7"},
                "one": {"v": "b"},
                "many": {"v": ["a"]},
                "day": {"v": "2026-11-23"},
                "moment": {"v": "1800000000"},
                "radio": {"v": "r2"},
                "boxes": {"v": ["c1", "c2"]},
            }
        )
    assert ack.error is None
    assert workspace.modals.top() is None
    (view_seen,) = submitted
    values = {block: fields["v"] for block, fields in view_seen["state"]["values"].items()}
    assert view_seen["private_metadata"] == "run-1"
    assert values["text"] == {"type": "plain_text_input", "value": "why"}
    assert values["one"]["selected_option"] == option("b")
    assert values["many"]["selected_options"] == [option("a")]
    assert values["who"]["selected_user"] == "U0PLAYBEN01"
    assert values["where"]["selected_channel"] is None
    assert values["time"]["selected_time"] == "09:30"
    assert values["moment"]["selected_date_time"] == 1_800_000_000
    assert [chosen["value"] for chosen in values["boxes"]["selected_options"]] == ["c1", "c2"]


async def test_answers_to_a_submission(workspace: Workspace, client: AsyncWebClient) -> None:
    app = app_for(workspace)
    answers: list[dict[str, Any]] = [
        {"response_action": "errors", "errors": {"reason": "Say more."}},
        {"response_action": "update", "view": modal(title=plain("Second"))},
        {"response_action": "push", "view": modal(title=plain("On top"))},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {},
        {"response_action": "clear"},
    ]

    @app.view("ask")
    async def taken(ack: Any) -> None:
        await ack(**answers.pop(0))

    typed = {"reason": {"v": "because"}}
    await opened(workspace, client, modal())
    first = workspace.modals.top()
    assert first
    async with served(app, workspace):
        await workspace.modals.submit(typed)
        assert workspace.modals.errors(first) == {"reason": "Say more."}
        await workspace.modals.submit(typed)
        assert first.content["title"] == plain("Second")
        await workspace.modals.submit(typed)
        second = workspace.modals.top()
        assert second
        assert (second.previous, second.root) == (first.id, first.id)
        assert (await workspace.modals.submit(typed)).error == "invalid_response"
        await workspace.modals.submit(typed)
        assert workspace.modals.top() is first, "what lay below comes back"
        await workspace.modals.submit(typed)
    assert workspace.modals.top() is None


async def test_a_trigger_opens_once_and_soon(workspace: Workspace, client: AsyncWebClient) -> None:
    person = workspace._state.directory.person("ana")
    triggers = workspace._views.triggers
    used = triggers.issue(person)
    await client.views_open(trigger_id=used, view=modal())
    old = triggers.issue(person)
    workspace.expire_triggers()
    for trigger, error in (
        (used, "exchanged_trigger_id"),
        (old, "expired_trigger_id"),
        ("1.2.3", "invalid_trigger_id"),
    ):
        with pytest.raises(SlackApiError, match=error):
            await client.views_open(trigger_id=trigger, view=modal())


async def test_updates_by_id_and_hash_and_pushes_three(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    shown = (await opened(workspace, client, modal(external_id="e1")))["view"]
    changed = await client.views_update(view_id=shown["id"], hash=shown["hash"], view=modal())
    assert changed["view"]["hash"] != shown["hash"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=shown["id"], hash=shown["hash"], view=modal())
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(external_id="e1", view=modal())
    person = workspace._state.directory.person("ana")
    for count in (2, 3, 4):
        top = workspace.modals.top()
        trigger = workspace._views.triggers.issue(person, top)
        push = client.views_push(trigger_id=trigger, view=modal())
        if count > SIZES["view.stack"]:
            with pytest.raises(SlackApiError, match="push_limit_reached"):
                await push
        else:
            assert (await push)["view"]["root_view_id"] == shown["id"]


async def test_closing_tells_who_asked_for_it(workspace: Workspace, client: AsyncWebClient) -> None:
    app = app_for(workspace)
    closed: list[bool] = []

    @app.view_closed("ask")
    async def gone(ack: Any, body: dict[str, Any]) -> None:
        closed.append(body["is_cleared"])
        await ack()

    async with served(app, workspace):
        await opened(workspace, client, modal(notify_on_close=True))
        await workspace.modals.close()
        await opened(workspace, client, modal())
        await workspace.modals.close(everything=True)
        await opened(workspace, client, modal(notify_on_close=True, clear_on_close=True))
        await workspace.modals.close()
    assert closed == [False, True]
    with pytest.raises(KeyError, match="no modal"):
        await workspace.modals.close()


async def test_the_home_tab_is_each_person_s_own(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    app = app_for(workspace)
    chosen: list[Any] = []

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: Any) -> None:
        button = {"type": "button", "action_id": "go", "text": plain("Go"), "value": "1"}
        blocks = [{"type": "actions", "elements": [button]}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.action("go")
    async def go(ack: Any, body: dict[str, Any]) -> None:
        chosen.append((body["container"], body["view"]["type"], body["actions"][0]["value"]))
        await ack()

    async with served(app, workspace):
        workspace.modals.open_home("ben")
        await until(lambda: workspace.modals.home("ben"))
        shown = workspace.modals.home("ben")
        assert shown
        assert workspace.modals.home("ana") is None
        await workspace.modals.click("go", user="ben", view=shown)
    assert chosen == [({"type": "view", "view_id": shown.id}, "home", "1")]
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.views_publish(user_id=workspace.users["ana"], view=modal())


SIZED = {
    "view.blocks": lambda n: modal(*[{"type": "divider"}] * n),
    "view.title": lambda n: modal(title=plain("x" * n)),
    "view.button": lambda n: modal(submit=plain("x" * n)),
    "view.private_metadata": lambda n: modal(private_metadata="x" * n),
    "view.callback_id": lambda n: modal(callback_id="x" * n),
    "view.external_id": lambda n: modal(external_id="x" * n),
}


def test_every_size_of_views_is_tested() -> None:
    views = {name for name in SIZES if name.startswith("view.")}
    assert set(SIZED) == views - {"view.bytes", "view.stack"}


@pytest.mark.parametrize("name", SIZED)
async def test_takes_what_is_at_the_limit_and_refuses_one_more(
    workspace: Workspace, client: AsyncWebClient, name: str
) -> None:
    await opened(workspace, client, SIZED[name](SIZES[name]))
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await opened(workspace, client, SIZED[name](SIZES[name] + 1))


@pytest.mark.parametrize(
    ("view", "error"),
    [
        ({"type": "modal", "blocks": []}, "invalid_arguments"),
        (modal(submit=None), "invalid_arguments"),
        (modal({"type": "markdown", "text": "x"}), "invalid_arguments"),
        (modal({"type": "section", "text": plain("x" * 260_000)}), "view_too_large"),
        ("{", "invalid_arguments"),
        ([], "invalid_arguments"),
    ],
)
async def test_refuses_views_as_slack_does(
    workspace: Workspace, client: AsyncWebClient, view: Any, error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client.api_call("views.open", json={"trigger_id": "1.2.3", "view": view})
