"""An agent's Go fields against the keys of cilium-config."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.cilium.configuration import compare, read_configuration
from bot.model.errors import Malformed

TABLE: list[tuple[str, str, str, Any, bool | None]] = [
    ("enable-ipv4", "true", "EnableIPv4", True, True),
    ("enable-ipv4", "true", "EnableIPv4", False, False),
    ("routing-mode", "tunnel", "RoutingMode", "tunnel", True),
    ("kube-proxy-replacement", "True", "KubeProxyReplacement", "true", True),
    ("bpf-policy-map-max", "16384", "PolicyMapEntries", 16384, True),
    ("bpf-policy-map-max", "16384", "PolicyMapEntries", 8192, False),
    ("auto-direct-node-routes", "false", "EnableAutoDirectRouting", False, True),
    ("tofqdns-proxy-response-max-delay", "100ms", "ToFQDNsProxyResponseMaxDelay", 100e6, True),
    ("tofqdns-proxy-response-max-delay", "1m30s", "ToFQDNsProxyResponseMaxDelay", 90e9, True),
    ("ipv4-native-routing-cidr", "", "IPv4NativeRoutingCIDR", "", True),
    ("devices", "eth1,eth0", "Devices", ["eth0", "eth1"], True),
    ("devices", "eth0 eth1", "Devices", ["eth0"], False),
    ("devices", "", "Devices", [], True),
    ("labels", "a=b", "Labels", None, None),
    ("cluster-id", "one", "ClusterID", 1, None),
    ("hubble-socket-path", "/x", "RunDir", "/y", None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "configured", "field", "running", "same"), TABLE)
def test_one_key(key: str, configured: str, field: str, running: Any, same: bool | None) -> None:
    found = compare({key: configured}, {field: running})
    assert found.keys == 1
    assert found.compared == (same is not None)
    assert bool(found.differences) == (same is False)


def test_what_is_no_object_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_configuration(b"[]")
