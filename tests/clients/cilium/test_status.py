"""Recorded and odd shapes of ``cilium-dbg status -o json``."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients.cilium.status import read_status
from bot.model.errors import Malformed

HEALTHY: dict[str, Any] = {
    "cilium": {"state": "Ok", "msg": "1.18.6 (v1.18.6-abc)"},
    "kubernetes": {"state": "Ok", "msg": "1.34 (v1.34.1) [linux/amd64]"},
    "kvstore": {"state": "Disabled"},
    "container-runtime": {"state": "Disabled"},
    "cni-file": {"state": "Ok", "msg": "successfully wrote CNI configuration file"},
    "cluster": {"ciliumHealth": {"state": "Ok"}, "self": "default/node-1"},
    "controllers": [
        {"name": "write-cni-file", "status": {"success-count": 3}},
        {"name": "sync-to-k8s-ciliumendpoint (12)", "status": {}},
    ],
    "ipam": {
        "status": "IPv4: 12/254 allocated from 10.0.1.0/24, ",
        "allocations": {"10.0.1.4": "a/b"},
    },
    "hubble": {"state": "Ok"},
}


def status(**changes: Any) -> bytes:
    return json.dumps({**HEALTHY, **changes}).encode()


def test_a_healthy_agent() -> None:
    read = read_status(status())
    assert all(part.good for part in read.parts)
    assert [part.name for part in read.parts] == [
        "cilium", "kubernetes", "kvstore", "container-runtime", "cni-file", "cilium-health",
        "hubble",
    ]  # fmt: skip
    assert (read.failing_controllers, read.controllers, read.stale) == ((), 2, ())
    assert (read.allocated, read.capacity) == (12, 254)


def test_failing_controllers_worst_first() -> None:
    def controller(name: str, failures: int) -> dict[str, Any]:
        return {
            "name": name,
            "status": {"consecutive-failure-count": failures, "last-failure-msg": "timed\n out"},
        }

    controllers = [controller("a", 1), controller("b", 7), controller("c", 0)]
    read = read_status(status(controllers=controllers))
    assert [(c.name, c.failures, c.message) for c in read.failing_controllers] == [
        ("b", 7, "timed out"),
        ("a", 1, "timed out"),
    ]


@pytest.mark.parametrize(
    ("ipam", "addresses"),
    [
        (
            {"status": "IPv4: 254/254 allocated from 10.0.1.0/24, IPv6: 3/65534 allocated"},
            (254, 254),
        ),
        ({"status": "2 pools", "allocations": {"10.0.0.1": "a", "10.0.0.2": "b"}}, (2, None)),
        ({"status": None, "allocations": None}, (None, None)),
        (None, (None, None)),
        ([], (None, None)),
    ],
)
def test_addresses(ipam: Any, addresses: tuple[int | None, int | None]) -> None:
    read = read_status(status(ipam=ipam))
    assert (read.allocated, read.capacity) == addresses


def test_stale_probes() -> None:
    read = read_status(status(stale={"kvstore": "2026-11-22T21:00:00Z", "odd": 7}))
    assert [(name, since is not None) for name, since in read.stale] == [
        ("kvstore", True),
        ("odd", False),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"OK\n",
        b"Error: Cannot get status/probe: Put unix socket: connection refused",
        b"{}",
        b'{"cilium": null}',
        b'{"cilium": {"state": null}}',
        b'{"cilium": {"state": 1}}',
        b'{"cilium": "Ok"}',
        b'{"cilium": {"state": "Ok"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_never_healthy(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_status(body)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*sorted(HEALTHY), "stale", "newer"]), _anything))
def test_any_shape_of_any_field_is_read_or_refused(changes: dict[str, Any]) -> None:
    body = json.dumps({**HEALTHY, **changes}).encode()
    try:
        read = read_status(body)
    except Malformed:
        assert (
            not isinstance(changes["cilium"], dict)
            or not isinstance(changes["cilium"].get("state"), str)
            or not changes["cilium"]["state"]
        )
        return
    assert read.part("cilium") is not None
