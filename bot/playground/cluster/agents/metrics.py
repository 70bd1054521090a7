"""The agent's Prometheus metrics: the series a bot reads, and the usual crowd around them.

Gauges come from the same state as the status output; counters grow with the agent's uptime.
Names and labels by version: pkg/metrics of cilium/cilium 1.14 to 1.19.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from bot.playground.cluster.names import stable_number

from .controllers import controllers
from .health import summary
from .view import AgentView

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
_BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")

Series = tuple[str, float]
"""Labels as they are written (without braces), and the value."""


def _family(name: str, kind: str, help_text: str, series: Iterable[Series]) -> str:
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    lines += [
        f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:.10g}"
        for labels, value in series
    ]
    return "\n".join(lines)


def _labelled(label: str, values: Mapping[str, float]) -> Iterator[Series]:
    for name, value in values.items():
        yield f'{label}="{name}"', value


def exposition(view: AgentView) -> str:
    """The whole text a scrape gets."""
    families = [*_state(view), *_traffic(view), *_process(view), _crowd(view.release.minor)]
    return "\n".join(families) + "\n"


def _state(view: AgentView) -> Iterator[str]:
    machine, minor = view.machine, view.release.minor
    peers = summary(view)
    failing = sum(bool(controller.failure) for controller in controllers(view))
    states: dict[str, float] = {}
    for endpoint in view.endpoints:
        states[endpoint.state] = states.get(endpoint.state, 0) + 1
    broken = states.get("not-ready", 0)
    pool = machine.pool

    yield _family(
        "cilium_version", "gauge", "Cilium version",
        [(f'arch="amd64",revision="{view.revision}",version="{view.release.version}"', 1)],
    )  # fmt: skip
    yield _family(
        "cilium_unreachable_nodes", "gauge", "Number of nodes that cannot be reached",
        [("", peers.unreachable_nodes)],
    )  # fmt: skip
    yield _family(
        "cilium_unreachable_health_endpoints", "gauge",
        "Number of health endpoints that cannot be reached", [("", peers.unreachable_endpoints)],
    )  # fmt: skip
    if minor >= 17:
        yield _connectivity(view, peers.unreachable_nodes, peers.unreachable_endpoints)
    yield _family(
        "cilium_endpoint_state", "gauge", "Count of all endpoints",
        _labelled("endpoint_state", states),
    )  # fmt: skip
    yield _family(
        "cilium_endpoint", "gauge", "Number of endpoints managed by this agent",
        [("", len(view.endpoints))],
    )  # fmt: skip
    yield _family(
        "cilium_controllers_failing", "gauge", "Number of failing controllers", [("", failing)]
    )
    yield _family(
        "cilium_controllers_runs_total", "counter", "Number of times that a controller ran",
        _labelled("status", {
            "success": int(view.uptime * 0.9), "failure": failing and view.failures()
        }),
    )  # fmt: skip
    yield _family(
        "cilium_ip_addresses", "gauge", "Number of allocated IP addresses",
        _labelled("family", {"ipv4": len(pool.owners), "ipv6": 0}),
    )  # fmt: skip
    if minor >= 15:
        yield _family(
            "cilium_ipam_capacity", "gauge", "Total number of IPs in the IPAM pool",
            _labelled("family", {"ipv4": pool.capacity}),
        )  # fmt: skip
    yield _family(
        "cilium_bpf_map_pressure", "gauge", "Fill percentage of map",
        _labelled("map_name", {
            "ct4_global": 0.031, "ct_any4_global": 0.012, "snat_v4_external": 0.02,
            "policy_v2" if minor >= 18 else "policy": 1.0 if broken else 0.0011,
        }),
    )  # fmt: skip
    yield _family(
        "cilium_endpoint_regenerations_total", "counter", "Count of completed regenerations",
        _labelled("outcome", {
            "success": len(view.endpoints) * 3, "fail": broken and broken * view.failures()
        }),
    )  # fmt: skip
    yield _family(
        "cilium_errors_warnings_total", "counter", "Number of errors and warnings by subsystem",
        _errors(view, broken),
    )  # fmt: skip


def _connectivity(view: AgentView, nodes: int, endpoints: int) -> str:
    total = len(view.world.fleet)
    source = ""
    if view.release.minor <= 18:
        source = (
            f'source_cluster="{view.release.cluster_name}",source_node_name="{view.machine.name}",'
        )
    series: list[Series] = []
    for kind, bad in (("endpoint", endpoints), ("node", nodes)):
        for verdict, count in (("reachable", total - bad), ("unknown", 0), ("unreachable", bad)):
            series.append((f'{source}status="{verdict}",type="{kind}"', count))
    return _family(
        "cilium_node_health_connectivity_status", "gauge",
        "Connectivity status between local node and other nodes", series,
    )  # fmt: skip


def _errors(view: AgentView, broken: float) -> Iterator[Series]:
    yield 'level="warning",subsystem="hubble"', 2
    if view.machine.cut_from_api:
        yield 'level="error",subsystem="klog"', view.failures()
    if broken:
        yield 'level="warning",subsystem="endpoint"', broken * view.failures()


def _traffic(view: AgentView) -> Iterator[str]:
    rate = stable_number(f"traffic {view.machine.name}", 900, 2400)
    packets = int(view.uptime * rate)
    yield _family(
        "cilium_forward_count_total", "counter", "Total forwarded packets",
        _labelled("direction", {"EGRESS": packets, "INGRESS": int(packets * 1.07)}),
    )  # fmt: skip
    yield _family(
        "cilium_forward_bytes_total", "counter", "Total forwarded bytes",
        _labelled("direction", {"EGRESS": packets * 611.0, "INGRESS": packets * 702.0}),
    )  # fmt: skip
    drops = {
        ("Unsupported L3 protocol", "EGRESS"): view.uptime / 300,
        ("Invalid source ip", "INGRESS"): view.uptime / 4000,
        ("Stale or unroutable IP", "EGRESS"): view.uptime / 900,
    }
    for metric, factor in (("count", 1), ("bytes", 90)):
        yield _family(
            f"cilium_drop_{metric}_total", "counter", f"Total dropped packets ({metric})",
            [
                (f'direction="{direction}",reason="{reason}"', int(value) * factor)
                for (reason, direction), value in drops.items()
            ],
        )  # fmt: skip


def _process(view: AgentView) -> Iterator[str]:
    memory = 240_000_000 + len(view.endpoints) * 1_500_000 + len(view.world.fleet) * 20_000
    for name, kind, help_text, value in (
        ("cpu_seconds_total", "counter", "Total user and system CPU time", view.uptime * 0.035),
        ("max_fds", "gauge", "Maximum number of open file descriptors", 1_048_576),
        ("open_fds", "gauge", "Number of open file descriptors", 96 + len(view.endpoints)),
        ("resident_memory_bytes", "gauge", "Resident memory size in bytes", memory),
        ("start_time_seconds", "gauge", "Start time of the process", view.started.timestamp()),
        ("virtual_memory_bytes", "gauge", "Virtual memory size in bytes", 2_147_483_648),
    ):
        yield _family(f"cilium_process_{name}", kind, f"{help_text}.", [("", value)])


@lru_cache(maxsize=8)
def _crowd(minor: int) -> str:
    """Histograms that make a scrape as long as a real one; their values say nothing."""
    histograms = {
        "cilium_k8s_client_api_latency_time_seconds": ("method", ("GET", "POST", "PUT", "PATCH")),
        "cilium_agent_api_process_time_seconds": ("method", ("GET", "POST", "PATCH")),
        "cilium_policy_implementation_delay": ("source", ("k8s", "k8s-custom-resource")),
        "cilium_datapath_conntrack_gc_duration_seconds": ("protocol", ("TCP", "non-TCP")),
        "cilium_endpoint_regeneration_time_stats_seconds": (
            "scope",
            (
                "bpfCompilation", "bpfLoadProg", "buildDuration", "mapSync", "policyCalculation",
                "prepareBuild", "proxyConfiguration", "total", "waitingForLock",
            ),
        ),
    }  # fmt: skip
    if minor >= 17:
        histograms["cilium_node_health_connectivity_latency_seconds"] = (
            "protocol",
            ("http", "icmp"),
        )
    families = []
    for name, (label, values) in histograms.items():
        lines = [f"# HELP {name} Duration in seconds", f"# TYPE {name} histogram"]
        for value in values:
            lines += [
                f'{name}_bucket{{{label}="{value}",le="{bound}"}} {count * 40}'
                for count, bound in enumerate(_BUCKETS, start=1)
            ]
            lines.append(f'{name}_sum{{{label}="{value}"}} 37.25')
            lines.append(f'{name}_count{{{label}="{value}"}} {len(_BUCKETS) * 40}')
        families.append("\n".join(lines))
    return "\n".join(families)
