"""``cilium-dbg status``: the StatusResponse, its brief line and its text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.playground.cluster.clock import rfc3339_milli

from .controllers import Controller, controllers, report
from .health import summary
from .view import AgentView

JsonObject = dict[str, Any]

_K8S_APIS = (
    "EndpointSliceOrEndpoint",
    "cilium/v2::CiliumClusterwideNetworkPolicy",
    "cilium/v2::CiliumEndpoint",
    "cilium/v2::CiliumNetworkPolicy",
    "cilium/v2::CiliumNode",
    "core/v1::Namespace",
    "core/v1::Pods",
    "core/v1::Service",
    "networking.k8s.io/v1::NetworkPolicy",
)
_MAPS = (
    ("Auth", 524288),
    ("Non-TCP connection tracking", 65536),
    ("TCP connection tracking", 131072),
    ("Endpoint policy", 65535),
    ("IP cache", 512000),
    ("IPv4 masquerading agent", 16384),
    ("NAT", 131072),
    ("Neighbor table", 131072),
    ("Global metrics", 1024),
    ("Node Map", 16384),
)


def response(view: AgentView, *, all_nodes: bool = False) -> JsonObject:
    """The StatusResponse; fields that are false, zero or empty are absent."""
    machine, minor = view.machine, view.release.minor
    cluster: JsonObject = {"ciliumHealth": {"state": "Ok"}, "self": view.name}
    if all_nodes:
        cluster["nodes"] = [_node_element(view, peer) for peer in view.world.fleet]
    status: JsonObject = {
        "attach-mode": {"mode": "TCX"},
        "bandwidth-manager": {},
        "bpf-maps": {
            "dynamic-size-ratio": 0.0025,
            "maps": [{"name": name, "size": size} for name, size in _MAPS],
        },
        "cilium": _cilium(view),
        "client-id": 1 + machine.index,
        "clock-source": {"hertz": 250, "mode": "ktime"},
        "cluster": cluster,
        "cluster-mesh": {},
        "cni-chaining": {"mode": "none"},
        "cni-file": {
            "msg": "successfully wrote CNI configuration file to "
            "/host/etc/cni/net.d/05-cilium.conflist",
            "state": "Ok",
        },
        "container-runtime": {"state": "Disabled"},
        "controllers": [report(view, controller) for controller in controllers(view)],
        "datapath-mode": "veth",
        "encryption": {"mode": "Disabled"},
        "host-firewall": {"mode": "Disabled"},
        "hubble": _hubble(view),
        "identity-range": {"max-identity": 65535, "min-identity": 256},
        "ipam": _ipam(view),
        "ipv4-big-tcp": {},
        "ipv6-big-tcp": {},
        "kube-proxy-replacement": _kube_proxy_replacement(view),
        "kubernetes": _kubernetes(view),
        "kvstore": {"state": "Disabled"},
        "masquerading": {
            "enabled": True,
            "enabledProtocols": {"ipv4": True},
            "mode": "BPF",
            "snat-exclusion-cidr-v4": "10.0.0.0/8",
        },
        "nodeMonitor": {"cpus": 16, "npages": 64, "pagesize": 4096},
        "proxy": {
            "envoy-deployment-mode": "external" if minor >= 16 else "embedded",
            "ip": machine.router,
            "port-range": "10000-20000",
        },
    }
    if minor >= 15:
        status["srv6"] = {}
    if minor >= 16:
        status["routing"] = {
            "inter-host-routing-mode": "Tunnel",
            "intra-host-routing-mode": "BPF",
            "tunnel-protocol": view.config.get("tunnel-protocol", "vxlan"),
        }
    else:
        status["host-routing"] = {"mode": "BPF"}
        del status["attach-mode"], status["datapath-mode"]
    return status


def _cilium(view: AgentView) -> JsonObject:
    if view.machine.cut_from_api:
        message = f"{view.full_version}    Kubernetes service is not ready"
        return {"msg": message, "state": "Failure"}
    return {"msg": view.full_version, "state": "Ok"}


def _kubernetes(view: AgentView) -> JsonObject:
    if view.machine.cut_from_api:
        message = f'Get "https://10.96.0.1:443/version": {view.unreachable_api}'
        return {"msg": message, "state": "Failure"}
    return {
        "k8s-api-versions": list(_K8S_APIS),
        "msg": "1.36 (v1.36.2) [linux/amd64]",
        "state": "Ok",
    }


def _ipam(view: AgentView) -> JsonObject:
    pool = view.machine.pool
    owners = dict(sorted(pool.owners.items()))
    return {
        "allocations": owners,
        "ipv4": list(owners),
        "status": f"IPv4: {len(owners)}/{pool.capacity} allocated from {pool.cidr}, ",
    }


def _hubble(view: AgentView) -> JsonObject:
    if view.config.get("enable-hubble") != "true":
        return {"state": "Disabled"}
    seen = int(view.uptime * 7.3)
    return {
        "observer": {
            "current-flows": min(4095, seen),
            "max-flows": 4095,
            "seen-flows": seen,
            "uptime": int(view.uptime * 1_000_000_000),
        },
        "state": "Ok",
    }


def _kube_proxy_replacement(view: AgentView) -> JsonObject:
    if view.config.get("kube-proxy-replacement") != "true":
        return {"mode": "False"}
    address = view.machine.address
    return {
        "deviceList": [{"ip": [address], "name": "eth0"}],
        "devices": ["eth0"],
        "directRoutingDevice": "eth0",
        "features": {
            "bpfSocketLBHostnsOnly": False,
            "externalIPs": {"enabled": True},
            "gracefulTermination": {"enabled": True},
            "hostPort": {"enabled": True},
            "nat46X64": {},
            "nodePort": {
                "acceleration": "Disabled",
                "algorithm": "Random",
                "enabled": True,
                "mode": "SNAT",
                "portMax": 32767,
                "portMin": 30000,
            },
            "sessionAffinity": {"enabled": True},
            "socketLB": {"enabled": True},
        },
        "mode": "True",
    }


def _node_element(view: AgentView, peer: Any) -> JsonObject:
    return {
        "health-endpoint-address": {"ipv4": {"enabled": True, "ip": peer.health}, "ipv6": {}},
        "ingress-address": {"ipv4": {}, "ipv6": {}},
        "name": f"{view.release.cluster_name}/{peer.name}",
        "primary-address": {
            "ipv4": {"alloc-range": peer.pool.cidr, "enabled": True, "ip": peer.address},
            "ipv6": {},
        },
        "source": "local" if peer is view.machine else "custom-resource",
    }


def node_list(view: AgentView) -> list[JsonObject]:
    """``cilium-dbg node list -o json``."""
    return [_node_element(view, peer) for peer in view.world.fleet]


def brief(view: AgentView) -> tuple[str, int]:
    """``--brief``: OK or the first bad part, and the exit code that goes with it."""
    if view.machine.cut_from_api:
        return f"error: kubernetes: {_kubernetes(view)['msg']}\n", 1
    failing = next((one for one in controllers(view) if one.failure), None)
    if failing is not None:
        return f"error: controller {failing.name}: {failing.failure}\n", 0
    return "OK\n", 0


def text(view: AgentView, *, all_controllers: bool = False) -> tuple[str, int]:
    """The table a human sees, and the exit code: 1 unless the agent's own state is Ok."""
    status = response(view)
    every = list(controllers(view))
    unreachable = summary(view).unreachable_nodes
    total = len(view.world.fleet)
    probed = rfc3339_milli(view.world.clock.now() - timedelta(seconds=20))
    rows = [
        ("KVStore", "Disabled"),
        ("Kubernetes", f"{status['kubernetes']['state']}   {status['kubernetes']['msg']}"),
        ("KubeProxyReplacement", f"{status['kube-proxy-replacement']['mode']}"),
        ("Host firewall", "Disabled"),
        ("CNI Chaining", "none"),
        ("CNI Config file", status["cni-file"]["msg"]),
        ("Cilium", f"{status['cilium']['state']}   {status['cilium']['msg']}"),
        ("NodeMonitor", "Listening for events on 16 CPUs with 64x4096 of shared memory"),
        ("Cilium health daemon", "Ok"),
        ("IPAM", status["ipam"]["status"]),
        ("Controller Status", f"{sum(not one.failure for one in every)}/{len(every)} healthy"),
        *(_row(one) for one in every if one.failure or all_controllers),
        ("Proxy Status", f"OK, ip {view.machine.router}, 0 redirects active on ports 10000-20000"),
        ("Global Identity Range", "min 256, max 65535"),
        ("Hubble", status["hubble"]["state"]),
        ("Encryption", "Disabled"),
        ("Cluster health", f"{total - unreachable}/{total} reachable   ({probed})"),
    ]
    lines = [f"{title + ':':<25}{value}" for title, value in rows]
    return "\n".join(lines) + "\n", 0 if status["cilium"]["state"] == "Ok" else 1


def _row(controller: Controller) -> tuple[str, str]:
    return f"  {controller.name}", controller.failure or "no error"
