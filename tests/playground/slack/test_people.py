"""Guests, foreigners, those who left; private channels; user groups; scopes; files."""

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
    "789c6360f8cfc000000301010018dd8db00000000049454e44ae426082"
)


async def test_users_info_says_who_is_what(workspace: Workspace, client: AsyncWebClient) -> None:
    async def info(name: str) -> dict[str, Any]:
        user: dict[str, Any] = (await client.users_info(user=workspace.users[name]))["user"]
        return user

    assert (await info("gus"))["is_restricted"] is True
    assert (await info("ana"))["is_restricted"] is False
    assert "is_stranger" not in await info("ana")
    assert (await info("eva"))["deleted"] is True
    kim, lou = await info("kim"), await info("lou")
    assert kim["team_id"] == lou["team_id"] == "T0PLAYPARTNER"
    assert (kim["is_stranger"], lou["is_stranger"]) == (False, True)
    members = (await client.users_list())["members"]
    assert {member["name"] for member in members} == {
        *("ana", "ben", "leo", "zoe", "gus", "eva", "cilium", "slackbot")
    }


async def test_user_groups_need_a_paid_plan(workspace: Workspace, client: AsyncWebClient) -> None:
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    assert {group["handle"] for group in groups} == {"network-oncall", "network-approvers"}
    members = await client.usergroups_users_list(usergroup=groups[1]["id"])
    assert members["users"] == [workspace.users["ben"], workspace.users["leo"]]
    async with Workspace(is_paid=False) as free:
        poor = AsyncWebClient(token=free.bot_token, base_url=free.api_url)
        with pytest.raises(SlackApiError, match="plan_upgrade_required"):
            await poor.usergroups_list()


async def test_direct_messages_are_opened(workspace: Workspace, client: AsyncWebClient) -> None:
    direct = await client.conversations_open(users=workspace.users["ben"])
    await client.chat_postMessage(channel=direct["channel"]["id"], text="approve?")
    assert workspace.direct_messages("ben")[0].text == "approve?"


async def test_a_token_does_what_its_scopes_allow() -> None:
    async with Workspace(scopes=("chat:write", "commands", "im:read")) as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        answer = await client.chat_postMessage(channel="cilium-oncall", text="x")
        assert answer.headers["X-OAuth-Scopes"] == "chat:write,commands,im:read"
        assert answer.headers["X-Accepted-OAuth-Scopes"] == "chat:write"
        assert "X-OAuth-Scopes" in (await client.auth_test()).headers
        for call, scope in (
            (client.users_info(user=workspace.users["ana"]), "users:read"),
            (client.conversations_history(channel="C0PLAYONCALL"), "channels:history"),
            (client.conversations_history(channel="C0PLAYAPPROVE"), "groups:history"),
            (client.conversations_list(types="im,private_channel"), "groups:read"),
        ):
            with pytest.raises(SlackApiError) as refused:
                await call
            data = refused.value.response.data
            assert isinstance(data, dict)
            assert (data["error"], data["needed"]) == ("missing_scope", scope)
            assert data["provided"] == "chat:write,commands,im:read"


async def test_files_have_alt_text_are_pictures_in_blocks_and_open_to_the_bot(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    sent = await client.files_upload_v2(
        channel=workspace.channels["cilium-oncall"],
        content=DOT,
        filename="plot.png",
        alt_txt="A flat line",
    )
    known = (await client.files_info(file=sent["file"]["id"]))["file"]
    assert (known["mimetype"], known["alt_txt"]) == ("image/png", "A flat line")
    assert known["channels"] == [workspace.channels["cilium-oncall"]]
    picture = {"type": "image", "slack_file": {"id": known["id"]}, "alt_text": "A flat line"}
    await client.chat_postMessage(channel="cilium-oncall", text="x", blocks=[picture])
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {workspace.bot_token}"}
        assert (await http.get(known["url_private"], headers=headers)).content == DOT
        assert (await http.get(known["url_private"])).status_code == 403


async def test_alt_text_that_is_too_long_is_refused_before_anything_is_uploaded(
    client: AsyncWebClient,
) -> None:
    fine = await client.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="x" * 1_000)
    assert fine["ok"]
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        await client.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="x" * 1_001)
