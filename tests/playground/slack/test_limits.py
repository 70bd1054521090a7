"""Every size and rule of Block Kit, at the limit and one above."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.slack.blocks import (
    NOT_MODELLED,
    Surface,
    characters,
    find_control,
    problems,
    with_ids,
)
from bot.playground.slack.limits import SIZES

Block = dict[str, Any]


def plain(size: int) -> Block:
    return {"type": "plain_text", "text": "x" * size}


def mrkdwn(size: int) -> Block:
    return {"type": "mrkdwn", "text": "x" * size}


def section(text: Block | None = None, **more: Any) -> Block:
    return {"type": "section", "text": text or mrkdwn(1), **more}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain(1), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> Block:
    return {
        "title": plain(1),
        "text": plain(1),
        "confirm": plain(1),
        "deny": plain(1),
        **more,
    }


def option(**more: Any) -> Block:
    return {"text": plain(1), "value": "v", **more}


def menu(count: int, kind: str = "static_select", **more: Any) -> Block:
    options = [option(value=f"v{number}") for number in range(count)]
    return {"type": kind, "action_id": "pick", "options": options, **more}


def table(rows: int, columns: int) -> Block:
    cell = {"type": "raw_text", "text": "x"}
    return {"type": "table", "rows": [[cell] * columns] * rows}


def field(element: Block, **more: Any) -> Block:
    return {"type": "input", "label": plain(1), "element": element, **more}


def box(**more: Any) -> Block:
    return {"type": "plain_text_input", "action_id": "box", **more}


def feedback(**more: Any) -> Block:
    good = {"text": plain(1), "value": "good", **more}
    return {"type": "feedback_buttons", "positive_button": good, "negative_button": good}


def groups(count: int) -> Block:
    group = {"label": plain(1), "options": [option()]}
    return {"type": "static_select", "option_groups": [group] * count}


def image(size: int) -> Block:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x" * size}


SIZED = {
    "section.text": lambda n: section(mrkdwn(n)),
    "section.fields": lambda n: {"type": "section", "fields": [mrkdwn(1)] * n},
    "section.field": lambda n: {"type": "section", "fields": [mrkdwn(n)]},
    "header.text": lambda n: {"type": "header", "text": plain(n)},
    "block_id": lambda n: {"type": "divider", "block_id": "x" * n},
    "action_id": lambda n: actions(button(action_id="x" * n)),
    "button.text": lambda n: actions(button(text=plain(n))),
    "button.value": lambda n: actions(button(value="x" * n)),
    "button.accessibility_label": lambda n: actions(button(accessibility_label="x" * n)),
    "url": lambda n: actions(button(url="https://a/".ljust(n, "x"))),
    "actions.elements": lambda n: actions(*(button(action_id=f"a{i}") for i in range(n))),
    "context.elements": lambda n: {"type": "context", "elements": [mrkdwn(1)] * n},
    "text": lambda n: {"type": "context", "elements": [mrkdwn(n)]},
    "alt_text": image,
    "image.title": lambda n: {**image(1), "title": plain(n)},
    "message.markdown_characters": lambda n: {"type": "markdown", "text": "x" * n},
    "table.rows": lambda n: table(n, 1),
    "table.columns": lambda n: table(1, n),
    "select.options": lambda n: actions(menu(n)),
    "select.groups": lambda n: actions(groups(n)),
    "placeholder": lambda n: actions(menu(1, placeholder=plain(n))),
    "choices.options": lambda n: actions(menu(n, "radio_buttons")),
    "input.label": lambda n: field(box(), label=plain(n)),
    "input.hint": lambda n: field(box(), hint=plain(n)),
    "text_input.characters": lambda n: field(box(max_length=n)),
    "context_actions.elements": lambda n: {
        "type": "context_actions",
        "elements": [feedback() | {"action_id": f"f{i}"} for i in range(n)],
    },
    "feedback.text": lambda n: {"type": "context_actions", "elements": [feedback(text=plain(n))]},
    "feedback.value": lambda n: {"type": "context_actions", "elements": [feedback(value="x" * n)]},
    "card.title": lambda n: {"type": "card", "title": mrkdwn(n)},
    "card.subtitle": lambda n: {"type": "card", "body": mrkdwn(1), "subtitle": mrkdwn(n)},
    "card.body": lambda n: {"type": "card", "body": mrkdwn(n)},
    "overflow.options": lambda n: actions(menu(n, "overflow")),
    "option.text": lambda n: actions(menu(1) | {"options": [option(text=plain(n))]}),
    "option.value": lambda n: actions(menu(1) | {"options": [option(value="x" * n)]}),
    "option.description": lambda n: actions(menu(1) | {"options": [option(description=plain(n))]}),
    "confirm.title": lambda n: actions(button(confirm=confirm(title=plain(n)))),
    "confirm.text": lambda n: actions(button(confirm=confirm(text=plain(n)))),
    "confirm.button": lambda n: actions(button(confirm=confirm(deny=plain(n)))),
}

OF_MESSAGES = {
    "message.text",
    "update.text",
    "message.blocks",
    "message.blocks_characters",
    "message.tables",
    "metadata.event_type",
    "response_url.posts",
}
OF_FILES = {"file.alt_txt"}
OF_VIEWS = {name for name in SIZES if name.startswith("view.")}


def test_every_size_is_tested_somewhere() -> None:
    assert set(SIZED) | OF_MESSAGES | OF_FILES | OF_VIEWS | {"sockets"} == set(SIZES)


@pytest.mark.parametrize("name", SIZED)
def test_takes_what_is_at_the_limit_and_refuses_one_more(name: str) -> None:
    build, limit = SIZED[name], SIZES[name]
    assert problems([build(limit)]) == []
    assert problems([build(limit + 1)]) != []


FIELDS = [
    box(min_length=1, max_length=10, multiline=True, initial_value="x", focus_on_load=True),
    {"type": "email_text_input"},
    {"type": "url_text_input", "initial_value": "https://a"},
    {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "9.5"},
    menu(2, "multi_static_select", max_selected_items=1),
    groups(2),
    {"type": "users_select", "initial_user": "U1"},
    {"type": "multi_users_select", "initial_users": ["U1"]},
    {"type": "channels_select"},
    {"type": "conversations_select", "default_to_current_conversation": True},
    {"type": "datepicker", "initial_date": "2026-11-23"},
    {"type": "timepicker", "initial_time": "23:59"},
    {"type": "datetimepicker", "initial_date_time": 1_800_000_000},
    menu(2, "radio_buttons"),
    menu(2, "checkboxes", initial_options=[option(value="v1")]),
]


@pytest.mark.parametrize("element", FIELDS, ids=lambda element: element["type"])
def test_takes_every_field_in_messages_modals_and_home_tabs(element: Block) -> None:
    for surface in SURFACES:
        assert problems([field(element, hint=plain(1), optional=True)], surface=surface) == []


SURFACES: list[Surface] = ["message", "modal", "home"]
TASK = {"type": "task_card", "task_id": "t1", "title": "Restart the agent", "status": "pending"}
WORK = [
    {**TASK, "sources": [{"type": "url", "url": "https://a.example", "text": "a"}]},
    {"type": "plan", "title": "Restart", "tasks": [TASK]},
    {"type": "card", "title": mrkdwn(1), "actions": [button()], "icon": image(1) | {}},
    {"type": "markdown", "text": "x"},
    table(1, 1),
]


@pytest.mark.parametrize("block", WORK, ids=lambda block: block["type"])
def test_blocks_of_messages_are_for_messages_only(block: Block) -> None:
    assert problems([block]) == []
    assert problems([block], surface="modal") != []
    assert problems([block], surface="home") != []


def test_alerts_are_for_modals_only() -> None:
    alert = {"type": "alert", "text": mrkdwn(1), "level": "warning"}
    assert problems([alert], surface="modal") == []
    assert problems([alert]) != []


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (field({"type": "number_input"}), "missing required field: is_decimal_allowed"),
        (
            field({"type": "number_input", "is_decimal_allowed": True, "min_value": "one"}),
            "must be a valid number",
        ),
        (field({"type": "datepicker", "initial_date": "23.11.2026"}), "YYYY-MM-DD"),
        (field({"type": "timepicker", "initial_time": "24:00"}), "HH:mm"),
        (field({"type": "datetimepicker", "initial_date_time": 1}), "10 digits"),
        (field({"type": "static_select"}), "either options or option_groups"),
        (field(button()), "unsupported type: button"),
        (actions(menu(2, "multi_static_select")), "unsupported type: multi_static_select"),
        ({**TASK, "status": "done"}, "must be one of: pending"),
        ({"type": "card", "subtitle": mrkdwn(1)}, "must define one of hero_image"),
        (field(box(min_length=-1)), "must be between 0 and 3000"),
    ],
)
def test_says_what_is_wrong_with_fields_and_work(block: Block, complaint: str) -> None:
    assert any(complaint in found.text for found in problems([block]))


def test_takes_fifty_blocks_and_refuses_one_more() -> None:
    assert problems([{"type": "divider"}] * 50) == []
    assert [str(found) for found in problems([{"type": "divider"}] * 51)] == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("text", "must provide an object [json-pointer:/blocks/0]"),
        ({}, "missing required field: type [json-pointer:/blocks/0]"),
        ({"type": "secton"}, "unsupported type: secton [json-pointer:/blocks/0]"),
        ({"type": "section"}, "must define either text or fields [json-pointer:/blocks/0]"),
        (
            section(mrkdwn(0)),
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            section({"type": "mrkdwn", "text": "x", "emoji": True}),
            "invalid additional property: emoji [json-pointer:/blocks/0/text]",
        ),
        (
            {"type": "header", "text": mrkdwn(1)},
            "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
        ),
        (
            section(colour="red"),
            "invalid additional property: colour [json-pointer:/blocks/0]",
        ),
        (
            actions(button(), button()),
            '`action_id` "go" already exists in this block '
            "[json-pointer:/blocks/0/elements/1/action_id]",
        ),
        (
            actions(button(style="warning")),
            "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            actions(button(url="javascript:alert(1)")),
            "must be a valid url [json-pointer:/blocks/0/elements/0/url]",
        ),
        (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
        (
            {"type": "image", "image_url": "https://example.com/a.png"},
            "missing required field: alt_text [json-pointer:/blocks/0]",
        ),
        (
            {"type": "image", "alt_text": "a"},
            "must define either image_url or slack_file [json-pointer:/blocks/0]",
        ),
        (
            {**table(1, 1), "column_settings": [None]},
            "must provide an object [json-pointer:/blocks/0/column_settings/0]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_number", "value": 1}]]},
            "unsupported type: raw_number [json-pointer:/blocks/0/rows/0/0]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]},
            "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
        ),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": ["x"]}]},
            "must provide an object [json-pointer:/blocks/0/elements/0/elements/0]",
        ),
        (
            actions(menu(2, initial_option=option(value="v9"))),
            "must be one of the provided options "
            "[json-pointer:/blocks/0/elements/0/initial_option]",
        ),
    ],
)
def test_names_the_fault_and_its_place(block: Any, expected: str) -> None:
    assert [str(found) for found in problems([block])] == [expected]


@pytest.mark.parametrize("kind", NOT_MODELLED)
def test_block_types_that_only_slack_has_are_refused_as_such(kind: str) -> None:
    (found,) = problems([{"type": kind}])
    assert found.text == f"unsupported type: {kind} (not modelled here)"


def test_one_table_a_message() -> None:
    assert str(problems([table(1, 1), table(1, 1)])[0]) == (
        "only_one_table_allowed [json-pointer:/blocks/1]"
    )


def test_markdown_blocks_share_one_allowance() -> None:
    half = {"type": "markdown", "text": "x" * 6_000}
    assert problems([half, half]) == []
    assert problems([half, half, {"type": "markdown", "text": "x"}]) != []


def test_a_block_id_comes_once() -> None:
    block = {"type": "divider", "block_id": "same"}
    assert problems([block, block]) != []


def test_rich_text_of_all_kinds_is_taken() -> None:
    leaves = [
        {"type": "text", "text": "a", "style": {"bold": True}},
        {"type": "link", "url": "https://example.com"},
        {"type": "emoji", "name": "x"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1, "format": "{date}"},
    ]
    line = {"type": "rich_text_section", "elements": leaves}
    kinds = [
        line,
        {"type": "rich_text_list", "style": "bullet", "elements": [line]},
        {"type": "rich_text_preformatted", "elements": leaves[:1]},
        {"type": "rich_text_quote", "elements": leaves[:1]},
    ]
    assert problems([{"type": "rich_text", "elements": kinds}]) == []


def test_counts_the_text_that_is_shown() -> None:
    assert characters([section(mrkdwn(10)), image(5), table(2, 3)]) == 21


def test_gives_ids_where_there_are_none_and_finds_controls_by_them() -> None:
    sent = [actions({"type": "button", "text": plain(1)}), section(accessory=button())]
    named = with_ids(sent)
    assert "block_id" not in sent[0]
    first = named[0]["elements"][0]
    assert find_control(named, named[0]["block_id"], first["action_id"]) == first
    assert find_control(named, named[1]["block_id"], "go") == named[1]["accessory"]
    assert find_control(named, named[1]["block_id"], "stop") is None


WORDS = st.sampled_from(
    [
        *("type", "text", "fields", "elements", "accessory", "options", "rows", "block_id"),
        *("action_id", "confirm", "style", "image_url", "alt_text", "column_settings", "url"),
        *("section", "header", "actions", "context", "image", "table", "rich_text", "markdown"),
        *("button", "overflow", "static_select", "initial_option", "mrkdwn", "plain_text"),
        *("rich_text_section", "rich_text_list", "raw_text", "link", "divider", "value"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=3), inner),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(JSON | st.lists(JSON))
def test_no_json_makes_the_check_fail(value: Any) -> None:
    for found in problems(value):
        assert str(found).endswith("]")
    assert characters(value) >= 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({"type": WORDS}, optional={"text": JSON, "elements": JSON})))
def test_what_passes_the_check_can_be_given_ids(blocks: list[Block]) -> None:
    if not problems(blocks):
        assert all(block["block_id"] for block in with_ids(blocks))
