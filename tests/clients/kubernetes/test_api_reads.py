"""Reading: pages, what is tried again, and what each refusal becomes."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.api import ATTEMPTS
from bot.model.errors import (
    ClientError,
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    Throttled,
    TimedOut,
    Unreachable,
)
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import against, answering, text, using, write_kubeconfig

PATH = "/api/v1/nodes"


async def listed(cluster: Cluster, path: str) -> list[int]:
    return [len(page) async for page in cluster.api.pages(path)]


async def test_a_long_list_comes_in_pages_and_whole(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    for number in range(1100):
        name = {"name": f"data-{number:04}", "namespace": "default"}
        simulated.objects.put("configmaps", {"metadata": name})
    path = "/api/v1/namespaces/default/configmaps"
    assert await listed(cluster, path) == [500, 500, 100]
    assert simulated.requests["list", "", "configmaps", ""] == 3


async def test_an_expired_page_is_an_error_after_what_was_read(tmp_path: Path) -> None:
    first = json.dumps({"items": [{}], "metadata": {"continue": "next"}})
    gone = json.dumps({"message": "The provided continue parameter is too old.", "code": 410})
    async with against(answering(text(first), text(gone, 410)), tmp_path) as (cluster, served):
        pages = cluster.api.pages(PATH)
        assert len(await anext(pages)) == 1
        with pytest.raises(Conflict, match="continue parameter is too old"):
            await anext(pages)
        assert [request.query.get("continue") for request in served.requests] == [None, "next"]


async def test_pages_that_never_end_are_malformed(tmp_path: Path) -> None:
    same = json.dumps({"items": [], "metadata": {"continue": "again"}})
    async with against(answering(text(same)), tmp_path) as (cluster, served):
        with pytest.raises(Malformed, match="does not end"):
            await listed(cluster, PATH)
        assert len(served.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        '{"items": 7}',
        "[]",
        "null",
        '{"metadata": "x"}',
        "[" * 100_000,
        '{"items":' + "[" * 100_000,
        "\ud800",
    ],
)
async def test_what_is_no_list_is_malformed(tmp_path: Path, body: str) -> None:
    async def garbage(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body.encode(errors="surrogatepass"))

    async with against(garbage, tmp_path) as (cluster, _):
        with pytest.raises(Malformed, match=f"answer for {PATH} cannot be read"):
            await listed(cluster, PATH)
        with pytest.raises(Malformed):
            await cluster.reads.node("node-1")


REFUSALS: list[tuple[int, str, type[ClientError], str]] = [
    (301, "", Refused, "it redirects elsewhere"),
    (302, "", Refused, "it redirects elsewhere"),
    (400, '{"message": "unable to parse"}', Refused, "refuses: unable to parse."),
    (401, "Unauthorized", Denied, "does not accept these credentials"),
    (403, '{"message": "nodes is forbidden"}', Denied, "Forbidden: nodes is forbidden."),
    (404, "404 page not found\n", NotFound, "Not found: 404 page not found."),
    (404, "", NotFound, "Not found: GET /api/v1/nodes answered 404."),
    (408, "{}", TimedOut, "ran out of time"),
    (409, '{"message": "changed"}', Conflict, "changed."),
    (418, "short\nand\tstout", Refused, "refuses: short and stout."),
    (422, '{"message": ""}', Refused, "GET /api/v1/nodes answered 422"),
    (429, "", Throttled, "asks to slow down"),
    (500, '{"message": 7}', Unreachable, 'fails with 500: {"message": 7}.'),
    (503, "\x00" * 300, Unreachable, "fails with 503"),
]


@pytest.mark.parametrize(("status", "body", "kind", "message"), REFUSALS)
async def test_each_refusal_has_its_kind_and_a_sentence(
    tmp_path: Path, status: int, body: str, kind: type[ClientError], message: str
) -> None:
    elsewhere = {"Location": "/login"} if status in (301, 302) else {}
    async with against(answering(text(body, status, **elsewhere)), tmp_path) as (cluster, served):
        with pytest.raises(ClientError) as caught:
            await cluster.api.get(PATH, attempts=1)
        assert type(caught.value) is kind
        assert message in caught.value.message
        assert "\n" not in caught.value.message
        assert len(caught.value.message) < 700
        assert set(served.paths) == {PATH}


async def test_a_403_names_the_grant(simulated: SimulatedCluster, tmp_path: Path) -> None:
    user = simulated.add_user("nobody")
    async with using(simulated.write_kubeconfig(tmp_path / "c", token=user.token)) as cluster:
        with pytest.raises(Denied) as caught:
            await cluster.reads.daemonsets("kube-system")
        assert 'User "nobody" cannot list resource "daemonsets"' in caught.value.message
        assert caught.value.hint == "Grant list on daemonsets (the chart's cilium-reader role)."
        with pytest.raises(Denied) as caught:
            await cluster.reads.pod_metrics("kube-system", "cilium-x", 9962)
        assert caught.value.hint == "Grant get on pods/proxy (the chart's cilium-reader role)."


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_read_is_tried_again(tmp_path: Path, status: int) -> None:
    failing = text("not now", status, Retry_After="0")
    async with against(answering(failing, failing, text("{}")), tmp_path) as (cluster, served):
        assert await cluster.api.get(PATH) == b"{}"
        assert len(served.requests) == 3


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 410, 422])
async def test_what_will_not_change_is_asked_once(tmp_path: Path, status: int) -> None:
    async with against(answering(text("no", status)), tmp_path) as (cluster, served):
        with pytest.raises(ClientError):
            await cluster.api.get(PATH)
        assert len(served.requests) == 1


async def test_a_read_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with against(answering(text("no", 503)), tmp_path) as (cluster, served):
        with pytest.raises(Unreachable):
            await cluster.api.get(PATH)
        assert len(served.requests) == ATTEMPTS
        with pytest.raises(Unreachable):
            await cluster.api.get(PATH, attempts=1)
        assert len(served.requests) == ATTEMPTS + 1


async def test_pauses_between_tries_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.kubernetes.api.FIRST_PAUSE", 0.1)
    times: list[float] = []

    async def failing(request: web.BaseRequest) -> web.Response:
        times.append(time.monotonic())
        return web.Response(status=500)

    async with against(failing, tmp_path) as (cluster, _):
        with pytest.raises(Unreachable):
            await cluster.api.get(PATH)
    first, second, third = (after - before for before, after in pairwise(times))
    assert first >= 0.05
    assert second >= 0.1
    assert third >= 0.2


async def test_a_throttled_read_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    later = text("", 429, Retry_After="1")
    async with against(answering(later, text("{}")), tmp_path) as (cluster, _):
        began = time.monotonic()
        assert await cluster.api.get(PATH) == b"{}"
        assert time.monotonic() - began > 0.95


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("86400", 30.0), ("", 1.0), ("-5", 1.0), ("soon", 1.0), ("1.5", 1.0)],
)
async def test_what_retry_after_says_is_bounded(tmp_path: Path, told: str, seconds: float) -> None:
    async with against(answering(text("", 429, Retry_After=told)), tmp_path) as (cluster, _):
        with pytest.raises(Throttled) as caught:
            await cluster.api.get(PATH, attempts=1)
    assert caught.value.retry_after == seconds


async def test_a_connection_reset_in_mid_body_is_tried_again(tmp_path: Path) -> None:
    asked = 0

    async def resetting(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked > 2:
            return web.Response(text="{}")
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"items": [')
        assert request.transport is not None
        request.transport.abort()
        return response

    async with against(resetting, tmp_path) as (cluster, _):
        with pytest.raises(Unreachable, match="broke"):
            await cluster.api.get(PATH, attempts=1)
        assert await cluster.api.get(PATH) == b"{}"
        assert asked == 3


async def test_a_silent_server_times_out_and_is_let_go(tmp_path: Path) -> None:
    async def silent(request: web.BaseRequest) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with against(silent, tmp_path) as (cluster, served):
        began = time.monotonic()
        with pytest.raises(TimedOut, match=r"did not answer within 0\.2 s"):
            await cluster.api.get(PATH, timeout=0.2, attempts=1)
        assert 0.15 < time.monotonic() - began < 2
        assert await served.comes_to(0)


async def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with using(write_kubeconfig(tmp_path / "config", "http://127.0.0.1:9")) as cluster:
        with pytest.raises(
            Unreachable, match=r"The API server at 127\.0\.0\.1:9 cannot be reached"
        ):
            await cluster.api.get(PATH, attempts=1)
    unknown = write_kubeconfig(tmp_path / "config", "http://nowhere.invalid")
    async with using(unknown) as cluster:
        with pytest.raises(Unreachable, match=r"The name nowhere\.invalid does not resolve"):
            await cluster.api.get(PATH, attempts=1)
