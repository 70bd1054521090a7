import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients.cilium.endpoints import read_endpoints
from bot.clients.cilium.metrics import read_metrics
from bot.model.errors import Malformed

ENDPOINTS = [
    {
        "id": 12,
        "status": {
            "state": "ready",
            "external-identifiers": {"pod-name": "checkout/cart-1", "k8s-namespace": "checkout"},
        },
    },
    {
        "id": 13,
        "status": {
            "state": "not-ready",
            "external-identifiers": {"k8s-namespace": "web", "k8s-pod-name": "front-1"},
            "log": [{"code": "OK", "message": "fine"}, {"code": "Failed", "message": "no\nspace"}],
        },
    },
    {"id": 14, "status": None},
    None,
    {"status": {"state": "ready", "external-identifiers": {}}},
]


def test_endpoints() -> None:
    read = read_endpoints(json.dumps(ENDPOINTS).encode())
    assert [(e.id, e.state, e.pod, e.last_error) for e in read] == [
        (12, "ready", "checkout/cart-1", ""),
        (13, "not-ready", "web/front-1", "no space"),
        (14, "unknown", "", ""),
        (0, "ready", "", ""),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"ENDPOINT  POLICY"])
def test_what_is_no_endpoint_list(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_endpoints(body)


METRICS = b"""# HELP cilium_unreachable_nodes Number of nodes that cannot be reached
# TYPE cilium_unreachable_nodes gauge
cilium_unreachable_nodes 2
cilium_unreachable_health_endpoints 3
cilium_controllers_failing 1
cilium_endpoint_state{endpoint_state="ready"} 11
cilium_endpoint_state{endpoint_state="not-ready"} 1
cilium_ip_addresses{family="ipv4"} 12
cilium_ip_addresses{family="ipv6"} 0
cilium_ipam_capacity{family="ipv4"} 2.54e+02
cilium_endpoint_state_other 9
not_cilium_unreachable_nodes 5
cilium_unreachable_nodes_total 7
"""


def test_metrics() -> None:
    read = read_metrics(METRICS)
    assert (read.unreachable_nodes, read.unreachable_health_endpoints, read.unreachable) == (
        2,
        3,
        3,
    )
    assert read.controllers_failing == 1
    assert read.endpoint_states == {"ready": 11, "not-ready": 1}
    assert (read.addresses, read.capacity) == (12, 254)


def test_series_that_an_agent_does_not_export_stay_unknown() -> None:
    read = read_metrics(b"cilium_controllers_failing 0\n")
    assert read.controllers_failing == 0
    assert (read.unreachable_nodes, read.capacity) == (None, None)


@pytest.mark.parametrize(
    "body", [b"", b"404 page not found", b"cilium_unreachable_nodes NaN\n", b"\xff"]
)
def test_metrics_without_the_agents_series_are_no_good_news(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_metrics(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read_metrics(METRICS + body)
    except Malformed:  # cannot be: the series above are there
        raise AssertionError from None
