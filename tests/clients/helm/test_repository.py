"""What a chart repository offers, and what it does instead."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bot.clients.helm import repository
from bot.clients.helm.repository import offered, read_index
from bot.model.errors import ClientError, Malformed, NotFound, Refused, TimedOut, Unreachable
from tests.clients.kubernetes.serving import answering, serving, text

INDEX = """
apiVersion: v1
entries:
  cilium:
    - {version: 1.18.6, created: "2026-01-13T10:12:41.123456789Z"}
    - {version: v1.19.0, created: 2026-02-04T00:00:00Z, deprecated: true}
    - {version: 1.20.0-rc.1}
    - {version: main}
    - {created: yesterday}
    - nonsense
  tetragon: []
"""


def test_versions_newest_first_and_what_is_none_left_out() -> None:
    found = read_index(INDEX.encode(), "cilium")
    assert [str(one.version) for one in found] == ["1.20.0-rc.1", "1.19.0", "1.18.6"]
    assert [one.deprecated for one in found] == [False, True, False]
    assert [one.released_at is not None for one in found] == [False, True, True]
    assert [one.version.released for one in found] == [False, True, True]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", NotFound), (b"entries: []", NotFound), (b"entries: {a: []}", NotFound),
     (b"a: [", Malformed), (b"\x00", Malformed)],
)  # fmt: skip
def test_what_is_no_index(body: bytes, kind: type[ClientError]) -> None:
    with pytest.raises(kind):
        read_index(body, "cilium")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(text(INDEX), None), (text("", 404), Refused), (text("", 503), Unreachable)],
)
async def test_over_http(answer: web.Response, kind: type[ClientError] | None) -> None:
    async with serving(answering(answer)) as served:
        if kind is None:
            assert len(await offered(f"{served.url}/", "cilium", timeout=5)) == 3
            assert served.paths == ["/index.yaml"]
        else:
            with pytest.raises(kind):
                await offered(served.url, "cilium", timeout=5)


async def test_a_repository_that_is_away_or_slow_or_has_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unreachable):
        await offered("http://127.0.0.1:9", "cilium", timeout=5)
    with pytest.raises(Refused, match="cannot be listed"):
        await offered("oci://charts.example/cilium", "cilium", timeout=5)

    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(slow) as served:
        with pytest.raises(TimedOut):
            await offered(served.url, "cilium", timeout=0.1)
    monkeypatch.setattr(repository, "MOST_BYTES", 100)
    async with serving(answering(text(INDEX))) as served:
        with pytest.raises(Malformed, match="larger than 100 bytes"):
            await offered(served.url, "cilium", timeout=5)
