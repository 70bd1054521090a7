"""Who gets in: loopback names, the page's token, the page itself."""

import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace


@pytest.fixture
async def visitor(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without the token."""
    async with httpx.AsyncClient(base_url=workspace.page_url.split("?")[0]) as http:
        yield http


@pytest.fixture
async def reader(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who opened the link."""
    async with httpx.AsyncClient(base_url=workspace.page_url.split("?")[0]) as http:
        entered = await http.get(workspace.page_url)
        assert (entered.status_code, entered.headers["Location"]) == (303, "/")
        cookie = entered.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        yield http


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", "", "[::1", "192.168.1.1"]
)
@pytest.mark.parametrize("path", ["/", "/api/api.test", "/page/app.js", "/upload/v1/x"])
async def test_other_names_for_this_machine_are_refused(
    workspace: Workspace, visitor: httpx.AsyncClient, host: str, path: str
) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {workspace.bot_token}"}
    assert (await visitor.post(path, headers=headers)).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:80"])
async def test_loopback_names_are_taken(visitor: httpx.AsyncClient, host: str) -> None:
    assert (await visitor.get("/nowhere", headers={"Host": host})).status_code == 404


def test_listens_on_loopback_only(workspace: Workspace) -> None:
    port = urlsplit(workspace.page_url).port
    assert port
    with pytest.raises(ConnectionRefusedError):  # a server on all addresses would take it
        socket.create_connection(("127.0.0.2", port), timeout=1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/?token=guess"),
        ("GET", "/page/app.js"),
        ("GET", "/live/events?as=ana"),
        ("GET", "/files/F0/x"),
        ("POST", "/live/command"),
        ("POST", "/live/message"),
        ("POST", "/live/click"),
        ("POST", "/live/faults"),
        ("POST", "/live/disturb"),
        ("POST", "/live/home"),
        ("POST", "/live/view/click"),
        ("POST", "/live/view/submit"),
        ("POST", "/live/view/close"),
        ("GET", "/link/?ticket=guess"),
        ("POST", "/live/faults/f0/clear"),
    ],
)
async def test_nothing_of_the_page_without_its_token(
    visitor: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await visitor.request(method, path, json={})).status_code == 403


async def test_the_page_forbids_everything_that_is_not_its_own(
    reader: httpx.AsyncClient,
) -> None:
    page = await reader.get("/")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "http:" not in page.text
    assert "https:" not in page.text


async def test_another_site_cannot_act_with_the_cookie(
    workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    body = {"as": "ana", "channel": workspace.channels["cilium-oncall"], "text": "hello"}
    foreign = {"Origin": "http://evil.example"}
    assert (await reader.post("/live/message", json=body, headers=foreign)).status_code == 403
    assert (await reader.post("/live/message", data=body)).status_code == 415
    assert (await reader.post("/live/message", json=body)).status_code == 200


@pytest.mark.parametrize("name", ["../guard.py", "..%2Fguard.py", "app.py", "nothing.js"])
async def test_only_the_page_s_files_are_served(reader: httpx.AsyncClient, name: str) -> None:
    assert (await reader.get(f"/page/{name}")).status_code == 404


async def test_an_uploaded_page_is_saved_not_shown(
    workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    await client.files_upload_v2(
        channel=workspace.channels["cilium-oncall"],
        content="<script>alert(1)</script>",
        filename="evil.html",
    )
    (file,) = workspace.messages("cilium-oncall")[0].files
    answer = await reader.get(f"/files/{file.id}/{file.name}")
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "change",
    [
        {"as": "nobody"},
        {"channel": "C0NOWHERE"},
        {"channel": "D0PLAYBEN01"},
        {"thread_ts": "1.0"},
    ],
)
async def test_a_person_writes_only_where_they_are(
    workspace: Workspace, reader: httpx.AsyncClient, change: dict[str, str]
) -> None:
    body = {"as": "ana", "channel": workspace.channels["cilium-oncall"], "text": "x"} | change
    assert (await reader.post("/live/message", json=body)).status_code == 404
    assert workspace.messages("cilium-oncall") == []


async def test_a_person_acts_only_in_the_dialog_on_top(
    workspace: Workspace, reader: httpx.AsyncClient
) -> None:
    body = {"as": "ana", "view": "V0", "block_id": "b", "action_id": "a"}
    for path in ("click", "submit", "close"):
        assert (await reader.post(f"/live/view/{path}", json=body)).status_code == 404
    odd = {**body, "typed": {"b": {"a": {"deep": 1}}, "c": 1}}
    assert (await reader.post("/live/view/submit", json=odd)).status_code == 404
    unknown = await reader.post("/live/disturb", json={"name": "the peace"})
    assert "no disturbance" in unknown.json()["error"]
