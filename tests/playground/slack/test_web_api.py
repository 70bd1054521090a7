"""The Web API as Slack's own client meets it."""

import json
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}


async def refusal(answer: Any) -> dict[str, Any]:
    """The body with which a call is refused."""
    with pytest.raises(SlackApiError) as refused:
        await answer
    data = refused.value.response.data
    assert isinstance(data, dict)
    return data


async def test_says_who_the_bot_is(workspace: Workspace, client: AsyncWebClient) -> None:
    who = await client.auth_test()
    assert who["user_id"] == workspace.users["cilium"]
    assert who["bot_id"].startswith("B")
    assert who["team_id"].startswith("T")


async def test_posts_updates_and_deletes(workspace: Workspace, client: AsyncWebClient) -> None:
    channel = workspace.channels["cilium-oncall"]
    posted = await client.chat_postMessage(channel=channel, text="looking")
    assert posted["message"]["text"] == "looking"
    assert posted["message"]["bot_id"].startswith("B")

    await client.chat_update(channel=channel, ts=posted["ts"], text="done", blocks=[SECTION])
    (message,) = workspace.messages("cilium-oncall")
    assert (message.text, message.edited) == ("done", 1)
    assert message.blocks[0]["text"] == SECTION["text"]
    assert message.blocks[0]["block_id"]
    assert not message.shows_edited, "Slack marks only changes of text as edited"

    await client.chat_update(channel=channel, ts=posted["ts"], text="only text")
    (message,) = workspace.messages("cilium-oncall")
    assert message.blocks == []
    assert message.shows_edited

    await client.chat_delete(channel=channel, ts=posted["ts"])
    assert workspace.messages("cilium-oncall") == []


async def test_a_channel_may_be_named_and_a_person_written_to(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="#cilium-oncall", text="by name")
    assert workspace.messages("cilium-oncall")[0].text == "by name"
    direct = await client.chat_postMessage(channel=workspace.users["ben"], text="please approve")
    assert direct["channel"].startswith("D")
    assert [message.text for message in workspace.direct_messages("ben")] == ["please approve"]


async def test_a_private_message_is_for_one_and_cannot_be_updated(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    channel, ana = workspace.channels["cilium-oncall"], workspace.users["ana"]
    posted = await client.chat_postEphemeral(channel=channel, user=ana, text="only you")
    assert workspace.messages("cilium-oncall")[0].ephemeral_to == ana
    refused = await refusal(client.chat_update(channel=channel, ts=posted["message_ts"], text="no"))
    assert refused["error"] == "message_not_found"
    history = await client.conversations_history(channel=channel)
    assert history["messages"] == []


async def test_threads_metadata_and_history(workspace: Workspace, client: AsyncWebClient) -> None:
    channel = workspace.channels["cilium-oncall"]
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    root = await client.chat_postMessage(channel=channel, text="root", metadata=metadata)
    reply = await client.chat_postMessage(channel=channel, text="reply", thread_ts=root["ts"])
    await client.chat_postMessage(channel=channel, text="later")

    history = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert [message["text"] for message in history["messages"]] == ["later", "root"]
    assert history["messages"][1]["metadata"] == metadata
    assert history["messages"][1]["reply_count"] == 1
    bare = await client.conversations_history(channel=channel, oldest=root["ts"])
    assert [message["text"] for message in bare["messages"]] == ["later"]
    assert "metadata" not in bare["messages"][0]

    replies = await client.conversations_replies(channel=channel, ts=root["ts"])
    assert [message["text"] for message in replies["messages"]] == ["root", "reply"]
    deeper = client.chat_postMessage(channel=channel, text="x", thread_ts=reply["ts"])
    assert (await refusal(deeper))["error"] == "cannot_reply_to_message"


async def test_pages_with_cursors(workspace: Workspace, client: AsyncWebClient) -> None:
    for number in range(5):
        workspace.say(f"message {number}")
    channel = workspace.channels["cilium-oncall"]
    seen, cursor = [], ""
    while True:
        page = await client.conversations_history(channel=channel, limit=2, cursor=cursor)
        seen += [message["text"] for message in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        assert page["has_more"] == bool(cursor)
        if not cursor:
            break
    assert seen == [f"message {number}" for number in (4, 3, 2, 1, 0)]


async def test_the_directory(workspace: Workspace, client: AsyncWebClient) -> None:
    general = workspace.channels["general"]
    assert (await client.conversations_info(channel=general))["channel"]["is_member"] is False
    await client.conversations_join(channel=general)
    members = await client.conversations_members(channel=general)
    regulars = {workspace.users[name] for name in ("ana", "ben", "leo", "zoe", "cilium")}
    assert set(members["members"]) == regulars
    listed = await client.conversations_list()
    public = {"cilium-oncall", "general", "partner-noc"}
    assert {channel["name"] for channel in listed["channels"]} == public
    private = await client.conversations_list(types="private_channel")
    assert [channel["name"] for channel in private["channels"]] == ["network-approvals"]
    user = await client.users_info(user=workspace.users["ana"])
    assert user["user"]["real_name"] == "Ana Ruiz"


async def test_uploads_a_file_as_the_sdk_does(workspace: Workspace, client: AsyncWebClient) -> None:
    channel = workspace.channels["cilium-oncall"]
    root = await client.chat_postMessage(channel=channel, text="root")
    await client.files_upload_v2(
        channel=channel, content="line\n" * 3, filename="a.txt", title="A", thread_ts=root["ts"]
    )
    message = workspace.messages("cilium-oncall")[1]
    assert message.thread_ts == root["ts"]
    assert (message.files[0].title, message.files[0].content) == ("A", b"line\n" * 3)
    assert not any("content" in call.arguments for call in workspace.calls)


async def test_links_and_reactions(workspace: Workspace, client: AsyncWebClient) -> None:
    message = workspace.say("hello")
    link = await client.chat_getPermalink(channel=message.channel, message_ts=message.ts)
    assert link["permalink"].endswith(f"/archives/{message.channel}/p{message.ts.replace('.', '')}")
    await client.reactions_add(channel=message.channel, timestamp=message.ts, name="eyes")
    assert workspace.messages("cilium-oncall")[0].reactions == ["eyes"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "general", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "cilium-oncall"}, "no_text"),
        ("chat.postMessage", {"channel": "cilium-oncall", "text": "x" * 40_001}, "msg_too_long"),
        (
            "chat.postMessage",
            {"channel": "cilium-oncall", "text": "x", "blocks": "{not json"},
            "invalid_blocks_format",
        ),
        (
            "chat.postMessage",
            {"channel": "cilium-oncall", "text": "x", "blocks": '{"type": "divider"}'},
            "invalid_blocks_format",
        ),
        (
            "chat.postMessage",
            {"channel": "cilium-oncall", "blocks": [{"type": "nonsense"}]},
            "invalid_blocks",
        ),
        (
            "chat.postMessage",
            {
                "channel": "cilium-oncall",
                "blocks": [
                    {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_700}}
                    for _ in range(5)
                ],
            },
            "msg_blocks_too_long",
        ),
        (
            "chat.postMessage",
            {"channel": "cilium-oncall", "text": "x", "metadata": {"event_type": ""}},
            "invalid_metadata_format",
        ),
        (
            "chat.postMessage",
            {"channel": "cilium-oncall", "text": "x", "thread_ts": "1.0"},
            "thread_not_found",
        ),
        (
            "chat.postEphemeral",
            {"channel": "cilium-oncall", "text": "x", "user": "U0STRANGER"},
            "user_not_in_channel",
        ),
        ("chat.update", {"channel": "C0PLAYONCALL", "ts": "1.0", "text": "x"}, "message_not_found"),
        ("conversations.info", {"channel": "C0NOWHERE"}, "channel_not_found"),
        ("conversations.history", {"channel": "C0PLAYONCALL", "limit": "0"}, "invalid_limit"),
        ("conversations.replies", {"channel": "C0PLAYONCALL", "ts": "1.0"}, "thread_not_found"),
        ("users.info", {"user": "U0STRANGER"}, "user_not_found"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
        ("views.open", {}, "invalid_arguments"),
        ("dialog.open", {}, "unknown_method"),
        ("files.info", {"file": "F0"}, "file_not_found"),
        ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
        ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
        ("conversations.open", {"users": "U0PLAYLOU01"}, "user_not_visible"),
        ("conversations.open", {"users": "U0PLAYEVA01"}, "user_disabled"),
        (
            "chat.postMessage",
            {
                "channel": "cilium-oncall",
                "blocks": [{"type": "image", "slack_file": {"id": "F0"}, "alt_text": "x"}],
            },
            "invalid_blocks",
        ),
    ],
)
async def test_refuses_as_slack_does(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert (await refusal(client.api_call(method, json=arguments)))["error"] == error


async def test_a_text_update_may_hold_4000_characters(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    channel = workspace.channels["cilium-oncall"]
    posted = await client.chat_postMessage(channel=channel, text="x" * 40_000)
    await client.chat_update(channel=channel, ts=posted["ts"], text="x" * 4_000)
    longer = client.chat_update(channel=channel, ts=posted["ts"], text="x" * 4_001)
    assert (await refusal(longer))["error"] == "msg_too_long"


async def test_invalid_blocks_name_their_place(client: AsyncWebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    answer = await refusal(
        client.chat_postMessage(channel="cilium-oncall", text="x", blocks=[SECTION, long])
    )
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    ]


async def test_people_s_messages_are_not_the_bot_s(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    said = workspace.say("mine")
    answer = await refusal(client.chat_update(channel=said.channel, ts=said.ts, text="yours"))
    assert answer["error"] == "cant_update_message"
    answer = await refusal(client.chat_delete(channel=said.channel, ts=said.ts))
    assert answer["error"] == "cant_delete_message"


@pytest.mark.parametrize("as_json", [True, False])
async def test_arguments_may_be_json_or_a_form(workspace: Workspace, as_json: bool) -> None:
    arguments = {"channel": "cilium-oncall", "text": "x", "blocks": json.dumps([SECTION])}
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with httpx.AsyncClient(headers=headers) as http:
        sent = {"json": arguments} if as_json else {"data": arguments}
        answer = await http.post(workspace.api_url + "chat.postMessage", **sent)
    assert answer.json()["ok"] is True
    assert workspace.messages("cilium-oncall")[0].blocks[0]["type"] == "section"


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", "not_authed"),
        ("xoxb-playground-of-yesterday", "invalid_auth"),
        ("xoxb-123-456-real", "invalid_auth"),
        ("xoxp-123", "invalid_auth"),
    ],
)
async def test_only_its_own_token_opens_it(workspace: Workspace, token: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(headers=headers) as http:
        answer = (await http.post(workspace.api_url + "auth.test")).json()
    assert answer["error"] == error
    if token.startswith("xox") and "playground" not in token:
        assert "local playground, not Slack" in answer["response_metadata"]["messages"][0]
    assert token == "" or token not in repr(workspace.calls)


async def test_keeps_a_record_of_every_call(workspace: Workspace, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="cilium-oncall", text="x")
    await refusal(client.chat_postMessage(channel="nowhere", text="x"))
    first, second = workspace.calls
    assert (first.method, first.arguments["text"], first.status) == ("chat.postMessage", "x", 200)
    assert first.answer["ok"] is True
    assert second.answer["error"] == "channel_not_found"
