"""What each kind of trouble with Slack's Web API is taken for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.model.errors import Throttled, Unreachable
from bot.playground.slack import Workspace
from bot.slack import surface
from bot.slack.blocks import Message, section
from bot.slack.uploads import Upload
from bot.slack.webapi import Declined, Unconfirmed, WebApi

HELLO = Message("hello", (section("hello"),))


@pytest.fixture
async def api(workspace: Workspace) -> AsyncIterator[WebApi]:
    api = WebApi(workspace.bot_token, workspace.api_url)
    await api.open()
    yield api
    await api.close()


@pytest.fixture
def channel(workspace: Workspace) -> str:
    return workspace.channels["cilium-oncall"]


async def test_429_is_throttled_for_as_long_as_slack_says(api, workspace, channel):
    workspace.throttle("chat.postMessage", retry_after=7)
    with pytest.raises(Throttled) as caught:
        await api.post(channel, "r-1", HELLO, "")
    assert caught.value.retry_after == 7
    assert len(workspace.calls) == 1


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 503}, {"error": "internal_error"}])
async def test_5xx_is_unconfirmed_and_not_sent_again(api, workspace, channel, trouble):
    workspace.fail("chat.postMessage", **trouble)
    with pytest.raises(Unconfirmed):
        await api.post(channel, "r-1", HELLO, "")
    assert len(workspace.calls) == 1


async def test_error_word_is_declined_with_its_reason(api, workspace, channel):
    with pytest.raises(Declined) as caught:
        await api.update(channel, "1.1", HELLO)
    assert caught.value.reason == "message_not_found"


async def test_upload_that_fails_before_it_shows_may_be_tried_again(api, workspace, channel):
    ts = await api.post(channel, "r-1", HELLO, "")
    workspace.fail("files.getUploadURLExternal", status=503)
    with pytest.raises(Unreachable):
        await api.upload(channel, ts, Upload("a.txt", "A", b"text"))
    workspace.fail("files.completeUploadExternal", status=503)
    with pytest.raises(Unconfirmed):
        await api.upload(channel, ts, Upload("a.txt", "A", b"text"))


async def test_upload_brings_bytes_title_and_alt_text(api, workspace, channel):
    ts = await api.post(channel, "r-1", HELLO, "")
    await api.upload(channel, ts, Upload("a.png", "Map", b"\x89PNG\x00", "two nodes"))
    await api.upload(channel, ts, Upload("a.txt", "Text", "é".encode()))
    picture, text = [message.files[0] for message in workspace.messages(channel)[1:]]
    assert (picture.content, picture.title, picture.alt) == (b"\x89PNG\x00", "Map", "two nodes")
    assert (text.content, text.title, text.alt) == ("é".encode(), "Text", "")


async def test_nobody_listening_is_unreachable(workspace):
    api = WebApi(workspace.bot_token, workspace.api_url)
    await api.open()
    await workspace.stop()
    with pytest.raises(Unreachable):
        await api.post("C1", "r-1", HELLO, "")
    await api.close()


async def test_dropped_connection_is_unconfirmed_and_sent_once() -> None:
    requests = 0

    async def drop(request: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", drop)
    async with TestServer(app) as server:
        api = WebApi("xoxb-none", str(server.make_url("/api/")))
        await api.open()
        with pytest.raises(Unconfirmed):
            await api.post("C1", "r-1", HELLO, "")
        await api.close()
    assert requests == 1


async def test_closed_pool_sends_nothing(workspace):
    api = WebApi(workspace.bot_token, workspace.api_url)
    with pytest.raises(Unreachable):
        await api.respond(f"{workspace.api_url}x", HELLO)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://evil.example/hooks.slack.com",
        "https://[broken",
    ],
)
async def test_private_answers_go_to_slack_only(url):
    api = WebApi("xoxb-none", "https://slack.com/api/")
    with pytest.raises(Declined):
        await api.respond(url, HELLO)


def test_slack_s_own_addresses_are_known():
    api = WebApi("xoxb-none", "https://slack.com/api/")
    assert api.may_respond_to("https://hooks.slack.com/commands/T1/2/3")


async def test_a_message_and_a_reply_are_found_again_by_their_keys(api, channel):
    since = time.time() - 60
    first = await api.post(channel, "r-1", HELLO, "")
    reply = await api.post(channel, "r-1/reply-0", HELLO, first)
    await api.upload(channel, first, Upload("flows.txt", "Flows", "a"))
    assert await api.find(channel, "r-1", "", "", since) == first
    assert await api.find(channel, "r-1/reply-0", first, "", since) == reply
    assert await api.find(channel, "r-1/reply-1", first, "flows.txt", since) not in ("", reply)
    assert await api.find(channel, "r-2", "", "", since) == ""
    assert await api.find(channel, "r-1/reply-1", first, "other.txt", since) == ""
    assert await api.find(channel, "r-1", "", "", time.time() + 60) == ""


async def test_without_the_optional_scope_nothing_can_be_looked_for():
    async with Workspace(scopes=tuple(surface.SCOPES)) as workspace:
        api = WebApi(workspace.bot_token, workspace.api_url)
        await api.open()
        channel = workspace.channels["cilium-oncall"]
        ts = await api.post(channel, "r-1", HELLO, "")
        for thread in ("", ts):
            with pytest.raises(Declined) as caught:
                await api.find(channel, "r-1", thread, "", 0.0)
            assert caught.value.reason == "missing_scope"
        await api.close()
