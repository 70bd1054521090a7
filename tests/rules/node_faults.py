"""Faults within an agent, its datapath, and of what stands beside it."""

from __future__ import annotations

from tests.rules.fault import Fault
from tests.rules.healthy import agent, available, daemonset

NODE_FAULTS = (
    Fault(
        "endpoints regenerating",
        {agent("cilium_endpoint_state", 'endpoint_state="regenerating"'): "6x200"},
        fires={"CiliumEndpointsNotReady": 1},
    ),
    Fault(
        "invalid endpoint",
        {agent("cilium_endpoint_state", 'endpoint_state="invalid"'): "1x200"},
        fires={"CiliumEndpointInvalid": 1},
    ),
    Fault(
        "endpoints restoring",
        {agent("cilium_endpoint_state", 'endpoint_state="restoring"'): "5x200"},
        fires={"CiliumAgentStarting": 1},
    ),
    Fault(
        "regeneration failing",
        {agent("cilium_endpoint_regenerations_total", 'outcome="fail"'): "0+2x200"},
        fires={"CiliumEndpointRegenerationFailing": 1},
    ),
    Fault(
        "controllers failing",
        {agent("cilium_controllers_failing"): "3x200"},
        fires={"CiliumControllersFailing": 1},
    ),
    Fault(
        "endpoint API rate limited",
        {agent("cilium_api_limiter_processed_requests_total", 'return_code="429"'): "0+3x200"},
        fires={"CiliumEndpointCreateRateLimited": 1},
    ),
    Fault(
        "pod addresses used up",
        {agent("cilium_ip_addresses", 'family="ipv4"'): "253x200"},
        fires={"CiliumIpamFull": 1, "CiliumIpamNearlyFull": 1},
    ),
    Fault(
        "capacity zero gives no alert",
        {agent("cilium_ipam_capacity", 'family="ipv4"'): "0x200"},
        fires={},
    ),
    Fault(
        "identities",
        {agent("cilium_identity", 'type="cluster_local"'): "61000x200"},
        fires={"CiliumIdentityExhausted": 1, "CiliumIdentityHigh": 1},
    ),
    Fault(
        "conntrack map full",
        {agent("cilium_bpf_map_pressure", 'map_name="ct4_global"'): "0.97x200"},
        fires={"CiliumConntrackMapFull": 1, "CiliumConntrackMapPressure": 1},
    ),
    Fault(
        "policy map pressure",
        {agent("cilium_bpf_map_pressure", 'map_name="policy"'): "0.85x200"},
        fires={"CiliumPolicyMapPressure": 1},
    ),
    Fault(
        "ipcache map pressure",
        {agent("cilium_bpf_map_pressure", 'map_name="ipcache_v2"'): "0.95x200"},
        fires={"CiliumOtherMapPressure": 1},
    ),
    Fault(
        "conntrack insert failed",
        {agent("cilium_drop_count_total", 'reason="CT: Map insertion failed"'): "0+120x200"},
        fires={"CiliumConntrackInsertFailed": 1},
    ),
    Fault(
        "NAT exhausted",
        {agent("cilium_drop_count_total", 'reason="No mapping for NAT masquerade"'): "0+120x200"},
        fires={"CiliumNatExhausted": 1},
    ),
    Fault(
        "policy drops jump",
        {agent("cilium_drop_count_total", 'reason="Policy denied"'): "0+60x150 9000+1200x50"},
        fires={"CiliumPolicyDropSpike": 1},
    ),
    Fault(
        "high but steady policy drops",
        {agent("cilium_drop_count_total", 'reason="Policy denied"'): "0+1200x200"},
        fires={},
    ),
    Fault(
        "mtu drops",
        {agent("cilium_drop_count_total", 'reason="Fragmentation needed"'): "0+120x200"},
        fires={"CiliumFragmentationNeeded": 1},
    ),
    Fault(
        "routing drops",
        {agent("cilium_drop_count_total", 'reason="Stale or unroutable IP"'): "0+1800x200"},
        fires={"CiliumRoutingDropSpike": 1},
    ),
    Fault(
        "other drops",
        {agent("cilium_drop_count_total", 'reason="Missed tail call"'): "0+600x200"},
        fires={"CiliumOtherDropSpike": 1},
    ),
    Fault(
        "map operation failures",
        {
            agent(
                "cilium_bpf_map_ops_total",
                'map_name="ct4_global",operation="update",outcome="fail"',
            ): "0+1x200"
        },
        fires={"CiliumBpfMapOpFailures": 1},
    ),
    Fault(
        "ipsec errors grow",
        {agent("cilium_ipsec_xfrm_error", 'type="inbound",error="no_state"'): "0+5x200"},
        fires={"CiliumIpsecXfrmErrors": 1},
    ),
    Fault(
        "ipsec keys differ",
        {agent("cilium_ipsec_keys"): "1x200"},
        fires={"CiliumIpsecKeysDiffer": 1},
    ),
    Fault(
        "half of the agents lose the API",
        {
            agent(
                "cilium_k8s_client_api_calls_total", 'method="GET",return_code="<error>"'
            ): "0+300x200",
            agent(
                "cilium_k8s_client_api_calls_total", 'method="GET",return_code="<error>"', node=2
            ): "0+300x200",
        },
        fires={"CiliumK8sApiErrorsWide": 1, "CiliumK8sClientErrors": 2},
    ),
    Fault(
        "one agent with errors on several methods is not cluster-wide",
        {
            agent(
                "cilium_k8s_client_api_calls_total", 'method="GET",return_code="<error>"'
            ): "0+300x200",
            agent(
                "cilium_k8s_client_api_calls_total", 'method="PUT",return_code="<error>"'
            ): "0+300x200",
            agent(
                "cilium_k8s_client_api_calls_total", 'method="PATCH",return_code="<error>"'
            ): "0+300x200",
        },
        fires={"CiliumK8sClientErrors": 1},
    ),
    Fault(
        "client throttled",
        {agent("cilium_k8s_client_rate_limiter_duration_seconds_bucket", 'le="0.25"'): "0x200"},
        fires={"CiliumK8sRateLimited": 1},
    ),
    Fault(
        "envoy unavailable",
        {daemonset("status_number_unavailable", "cilium-envoy"): "1x200"},
        fires={"CiliumEnvoyUnavailable": 1},
    ),
    Fault(
        "node keeps taint",
        {'kube_node_spec_taint{node="n1",key="node.cilium.io/agent-not-ready"}': "1x200"},
        fires={"CiliumNodeTainted": 1},
    ),
    Fault("cluster dns gone", {available("coredns"): "0x200"}, fires={"CoreDnsUnavailable": 1}),
    Fault(
        "dns errors",
        {'hubble_dns_responses_total{rcode="Server Failure"}': "0+20x200"},
        fires={"CiliumDnsErrors": 1},
    ),
    Fault("relay down", {available("hubble-relay"): "0x200"}, fires={"HubbleRelayDown": 1}),
    Fault(
        "hubble loses events",
        {agent("hubble_lost_events_total", 'source="perf_event_ring_buffer"'): "0+1200x200"},
        fires={"HubbleLostEvents": 1},
    ),
    Fault(
        "version skew",
        {agent("cilium_version", 'version="1.19.6"'): "1x200"},
        fires={"CiliumVersionSkew": 1},
    ),
    Fault(
        "bgp session down",
        {agent("cilium_bgp_control_plane_session_state", 'neighbor="10.0.0.1"'): "0x200"},
        fires={"CiliumBgpSessionDown": 1},
    ),
    Fault(
        "operator metrics",
        {
            "cilium_operator_unmanaged_pods": "2x200",
            "cilium_operator_lbipam_services_unsatisfied": "1x200",
            'cilium_operator_ipam_nodes{category="in-deficit"}': "1x200",
        },
        fires={
            "CiliumIpamOperatorDeficit": 1,
            "CiliumLbIpamUnsatisfied": 1,
            "CiliumUnmanagedPods": 1,
        },
    ),
)
