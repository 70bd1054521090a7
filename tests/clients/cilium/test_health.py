import json
from typing import Any

import pytest

from bot.clients.cilium.health import Path, read_health
from bot.model.errors import Malformed

OK = {"icmp": {"latency": 300_000}, "http": {"latency": 400_000}}
BAD = {"icmp": {"status": "Connection timed out"}, "http": {"status": "context deadline exceeded"}}


def peer(name: str, host: Any, endpoint: Any) -> dict[str, Any]:
    return {
        "name": f"default/{name}",
        "host": {"primary-address": host} if host else None,
        "health-endpoint": {"primary-address": endpoint} if endpoint else None,
    }


def report(*nodes: dict[str, Any]) -> bytes:
    return json.dumps({"local": {"name": "default/node-1"}, "nodes": nodes}).encode()


@pytest.mark.parametrize(
    ("host", "endpoint", "paths"),
    [
        (OK, OK, "reachable reachable reachable"),
        (OK, BAD, "reachable reachable unreachable"),
        (BAD, BAD, "unreachable unreachable unreachable"),
        ({"icmp": {}, "http": {"status": "refused"}}, OK, "reachable unreachable reachable"),
        ({"http": {}}, {"icmp": {"status": "x"}, "http": {}}, "unknown reachable unreachable"),
        (None, None, "unknown unknown unknown"),
        ({}, {"icmp": None}, "unknown unknown unknown"),
    ],
)
def test_paths(host: Any, endpoint: Any, paths: str) -> None:
    [read] = read_health(report(peer("node-2", host, endpoint))).peers
    assert f"{read.ping} {read.port} {read.endpoint}" == paths
    assert read.unreachable == ("unreachable" in paths.split())


def test_names_lose_their_cluster_and_older_agents_say_endpoint() -> None:
    node = {"name": "kind/node-2", "host": {"primary-address": OK}, "endpoint": BAD}
    health = read_health(report(node))
    assert health.observer == "node-1"
    assert health.peers[0].node == "node-2"
    assert health.peers[0].endpoint is Path.UNREACHABLE
    assert health.peers[0].error == "Connection timed out"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"nodes": null}', b"[]", b"nope", b'{"nodes": {}}'])
def test_a_report_without_nodes_is_no_good_news(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_health(body)
