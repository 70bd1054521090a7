"""Release records: read as Helm wrote them, and refused where they are not whole."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.clients.helm import records
from bot.clients.helm.records import Secret, read_secret, time_of
from bot.clients.helm.release import ReleaseState, current, latest
from bot.model.errors import Malformed
from tests.clients.helm.revisions import revision

RELEASE: dict[str, Any] = {
    "name": "cilium",
    "info": {
        "first_deployed": "2026-01-02T03:04:05.678901234+01:00",
        "last_deployed": "2026-11-28T03:23:54.180611193Z",
        "deleted": "",
        "description": "Upgrade complete\n",
        "status": "deployed",
    },
    "chart": {
        "metadata": {"name": "cilium", "version": "1.18.6", "appVersion": "1.18.6"},
        "templates": [{"name": "templates/a.yaml", "data": "e30="}],
        "values": {"debug": {"enabled": False}},
    },
    "config": {"debug": {"enabled": True}},
    "manifest": "---\n",
    "version": 7,
    "namespace": "kube-system",
}


def secret(release: bytes, *, packed: bool = True) -> Secret:
    body = base64.b64encode(gzip.compress(release) if packed else release)
    labels = {"name": "cilium", "owner": "helm", "status": "deployed", "version": "7", "team": "a"}
    document = {
        "metadata": {"name": "sh.helm.release.v1.cilium.v7", "labels": labels},
        "data": {"release": base64.b64encode(body).decode()},
        "type": records.TYPE,
    }
    return msgspec.json.decode(msgspec.json.encode(document), type=Secret)


@pytest.mark.parametrize("packed", [True, False])
def test_a_record_as_helm_writes_it(packed: bool) -> None:
    read = read_secret(secret(msgspec.json.encode(RELEASE), packed=packed), "kube-system")
    assert (read.number, read.state, read.chart, read.chart_version) == (
        *(7, ReleaseState.DEPLOYED, "cilium", "1.18.6"),
    )
    assert read.updated == datetime(2026, 11, 28, 3, 23, 54, 180611, tzinfo=UTC)
    assert (read.values, read.defaults) == (RELEASE["config"], RELEASE["chart"]["values"])
    assert (read.description, read.labels) == ("Upgrade complete", {"team": "a"})


def test_what_is_left_out_reads_as_nothing() -> None:
    read = read_secret(secret(b'{"name":"cilium","version":1,"config":null}'), "kube-system")
    assert (read.state, read.values, read.updated) == (ReleaseState.UNKNOWN, {}, None)


@pytest.mark.parametrize(
    "release", [b"", b"{", b"[]", b'{"version":1}', b'{"name":"--wait","version":1}']
)
def test_what_is_no_record_says_which(release: bytes) -> None:
    with pytest.raises(Malformed, match=r"sh\.helm\.release\.v1\.cilium\.v7"):
        read_secret(secret(release), "kube-system")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 1000)
    with pytest.raises(Malformed, match="larger than 1,000 bytes"):
        read_secret(secret(b"0" * 1_000_000), "kube-system")


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_of(text) is None


def test_current_is_what_is_deployed_and_latest_what_was_tried() -> None:
    history = (
        revision(1),
        revision(2, "deployed"),
        revision(3, "failed"),
        revision(4, "pending-upgrade"),
    )
    assert (current(history), latest(history)) == (history[1], history[3])
    assert current(history[2:]) == history[3]
    assert (current(()), latest(())) == (None, None)
