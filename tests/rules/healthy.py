"""A healthy cluster of four nodes as Prometheus sees it: every series that a shipped rule reads.

Values are in promtool's notation, one a minute: ``1x200`` is 201 times 1, ``0+6x200`` grows by 6.
Names and labels are those of Cilium 1.19's pkg/metrics and of kube-state-metrics 2.
"""

from __future__ import annotations

NODES = (1, 2, 3, 4)

_OF_AN_AGENT = {
    ("up", ""): "1x200",
    ("cilium_process_resident_memory_bytes", ""): "400000000x200",
    ("cilium_process_cpu_seconds_total", ""): "0+6x200",
    ("cilium_endpoint_state", 'endpoint_state="ready"'): "20x200",
    ("cilium_endpoint_state", 'endpoint_state="restoring"'): "0x200",
    ("cilium_endpoint_state", 'endpoint_state="regenerating"'): "1x200",
    ("cilium_endpoint_state", 'endpoint_state="not-ready"'): "0x200",
    ("cilium_endpoint_state", 'endpoint_state="invalid"'): "0x200",
    ("cilium_endpoint_regenerations_total", 'outcome="success"'): "0+10x200",
    ("cilium_endpoint_regenerations_total", 'outcome="fail"'): "0x200",
    ("cilium_controllers_failing", ""): "0x200",
    ("cilium_unreachable_nodes", ""): "0x200",
    ("cilium_unreachable_health_endpoints", ""): "0x200",
    ("cilium_api_limiter_processed_requests_total", 'return_code="201"'): "0+5x200",
    ("cilium_api_limiter_processed_requests_total", 'return_code="429"'): "0x200",
    ("cilium_identity", 'type="cluster_local"'): "500x200",
    ("cilium_ip_addresses", 'family="ipv4"'): "50x200",
    ("cilium_ipam_capacity", 'family="ipv4"'): "254x200",
    ("cilium_bpf_map_pressure", 'map_name="ct4_global"'): "0.2x200",
    ("cilium_bpf_map_pressure", 'map_name="snat_v4_external"'): "0.2x200",
    ("cilium_bpf_map_pressure", 'map_name="policy"'): "0.2x200",
    ("cilium_bpf_map_pressure", 'map_name="ipcache_v2"'): "0.2x200",
    ("cilium_bpf_map_pressure", 'map_name="lb4_services_v2"'): "0.2x200",
    (
        "cilium_bpf_map_ops_total",
        'map_name="ct4_global",operation="update",outcome="fail"',
    ): "0x200",
    ("cilium_drop_count_total", 'reason="Policy denied"'): "0+60x200",
    ("cilium_drop_count_total", 'reason="Stale or unroutable IP"'): "0+60x200",
    ("cilium_drop_count_total", 'reason="CT: Map insertion failed"'): "0x200",
    ("cilium_drop_count_total", 'reason="No mapping for NAT masquerade"'): "0x200",
    ("cilium_drop_count_total", 'reason="Fragmentation needed"'): "0x200",
    ("cilium_drop_count_total", 'reason="Invalid source ip"'): "0+600x200",
    ("cilium_drop_count_total", 'reason="Missed tail call"'): "0x200",
    ("cilium_k8s_client_api_calls_total", 'method="GET",return_code="200"'): "0+300x200",
    ("cilium_k8s_client_api_calls_total", 'method="GET",return_code="404"'): "0+3x200",
    ("cilium_k8s_client_api_calls_total", 'method="GET",return_code="<error>"'): "0x200",
    ("cilium_k8s_client_rate_limiter_duration_seconds_bucket", 'le="0.25"'): "0+60x200",
    ("cilium_k8s_client_rate_limiter_duration_seconds_bucket", 'le="5"'): "0+60x200",
    ("cilium_k8s_client_rate_limiter_duration_seconds_bucket", 'le="+Inf"'): "0+60x200",
    ("cilium_ipsec_xfrm_error", 'type="inbound",error="no_state"'): "3x200",
    ("cilium_ipsec_keys", ""): "2x200",
    ("cilium_version", 'version="1.18.12"'): "1x200",
    ("cilium_bgp_control_plane_session_state", 'neighbor="10.0.0.1"'): "1x200",
    ("cilium_clustermesh_remote_cluster_readiness_status", 'target_cluster="b"'): "1x200",
    ("hubble_lost_events_total", 'source="perf_event_ring_buffer"'): "0+60x200",
}

_OF_A_POD = {
    ("kube_pod_status_ready", 'condition="true"'): "1x200",
    ("kube_pod_container_status_restarts_total", 'container="cilium-agent"'): "0x200",
    (
        "kube_pod_container_status_last_terminated_reason",
        'container="cilium-agent",reason="Completed"',
    ): "1x200",
    (
        "kube_pod_container_resource_limits",
        'container="cilium-agent",resource="memory"',
    ): "1000000000x200",
}


def agent(metric: str, labels: str = "", *, node: int = 1) -> str:
    """A series that the agent on that node exports."""
    target = f'job="cilium-agent",namespace="kube-system",node="n{node}",pod="cilium-aaaa{node}"'
    return f"{metric}{{{target}{',' * bool(labels)}{labels}}}"


def pod(metric: str, labels: str, *, node: int = 1) -> str:
    """A series of kube-state-metrics about the agent's pod on that node."""
    return f'{metric}{{namespace="kube-system",pod="cilium-aaaa{node}",{labels}}}'


def daemonset(metric: str, name: str = "cilium") -> str:
    """A series of kube-state-metrics about a DaemonSet."""
    return f'kube_daemonset_{metric}{{namespace="kube-system",daemonset="{name}"}}'


def available(deployment: str) -> str:
    """How many replicas of a Deployment are available."""
    labels = f'namespace="kube-system",deployment="{deployment}"'
    return f"kube_deployment_status_replicas_available{{{labels}}}"


LEASE = 'kube_lease_renew_time{namespace="kube-system",lease="cilium-operator-resource-lock"}'

HEALTHY: dict[str, str] = {
    **{agent(*key, node=node): values for key, values in _OF_AN_AGENT.items() for node in NODES},
    **{pod(*key, node=node): values for key, values in _OF_A_POD.items() for node in NODES},
    **{
        daemonset(metric, name): values
        for name in ("cilium", "cilium-envoy")
        for metric, values in {
            "status_desired_number_scheduled": "4x200",
            "status_updated_number_scheduled": "4x200",
            "status_number_unavailable": "0x200",
            "metadata_generation": "3x200",
            "status_observed_generation": "3x200",
        }.items()
    },
    available("cilium-operator"): "2x200",
    available("hubble-relay"): "1x200",
    available("coredns"): "2x200",
    LEASE: "0+60x200",
    'kube_node_spec_taint{node="n4",key="node.kubernetes.io/unschedulable"}': "1x200",
    "cilium_operator_unmanaged_pods": "0x200",
    "cilium_operator_lbipam_services_unsatisfied": "0x200",
    'cilium_operator_ipam_nodes{category="in-deficit"}': "0x200",
    'hubble_dns_responses_total{rcode="No Error"}': "0+100x200",
    'hubble_dns_responses_total{rcode="Server Failure"}': "0+1x200",
}
