"""The kinds this API server serves, and where they live in the URL space."""

from __future__ import annotations

from dataclasses import dataclass, field

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
ALL_VERBS = tuple(sorted(READ + WRITE))

CILIUM = "cilium.io"


@dataclass(frozen=True)
class Kind:
    """One served resource. ``group`` is empty for core."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    fields: frozenset[str] = field(default_factory=frozenset)
    """Top-level fields besides apiVersion, kind and metadata (strict field validation)."""
    custom: bool = False
    """A custom resource: list items carry their own apiVersion and kind."""

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """``pods`` or ``leases.coordination.k8s.io``, as error texts write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """``pod``."""
        return self.kind.lower()


def _kind(
    api_version: str,
    plural: str,
    kind: str,
    *,
    namespaced: bool = True,
    short: tuple[str, ...] = (),
    subresources: tuple[str, ...] = (),
    fields: tuple[str, ...] = ("spec", "status"),
) -> Kind:
    group, _, version = api_version.rpartition("/")
    return Kind(
        group,
        version,
        plural,
        kind,
        namespaced,
        short,
        subresources,
        frozenset(fields),
        custom=group == CILIUM,
    )


EVENT_FIELDS = (
    "action", "count", "eventTime", "firstTimestamp", "involvedObject", "lastTimestamp",
    "message", "reason", "related", "reportingComponent", "reportingInstance", "series",
    "source", "type",
)  # fmt: skip

KINDS: tuple[Kind, ...] = (
    _kind(
        "v1", "configmaps", "ConfigMap", short=("cm",),
        fields=("data", "binaryData", "immutable"),
    ),
    _kind("v1", "endpoints", "Endpoints", short=("ep",), fields=("subsets",)),
    _kind("v1", "events", "Event", short=("ev",), fields=EVENT_FIELDS),
    _kind("v1", "namespaces", "Namespace", namespaced=False, short=("ns",)),
    _kind("v1", "nodes", "Node", namespaced=False, short=("no",), subresources=("status", "proxy")),
    _kind(
        "v1", "pods", "Pod", short=("po",),
        subresources=("eviction", "exec", "log", "proxy", "status"),
    ),
    _kind("v1", "secrets", "Secret", fields=("data", "stringData", "type", "immutable")),
    _kind("v1", "services", "Service", short=("svc",), subresources=("status",)),
    _kind("apps/v1", "controllerrevisions", "ControllerRevision", fields=("data", "revision")),
    _kind("apps/v1", "daemonsets", "DaemonSet", short=("ds",), subresources=("status",)),
    _kind("apps/v1", "deployments", "Deployment", short=("deploy",), subresources=("status",)),
    _kind("apps/v1", "replicasets", "ReplicaSet", short=("rs",), subresources=("status",)),
    _kind("coordination.k8s.io/v1", "leases", "Lease", fields=("spec",)),
    _kind(
        "apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition",
        namespaced=False, short=("crd", "crds"), subresources=("status",),
    ),
    _kind(
        "discovery.k8s.io/v1", "endpointslices", "EndpointSlice",
        fields=("addressType", "endpoints", "ports"),
    ),
    _kind("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", short=("netpol",)),
    _kind(f"{CILIUM}/v2", "ciliumnodes", "CiliumNode", namespaced=False, short=("cn", "ciliumn")),
    _kind(f"{CILIUM}/v2", "ciliumendpoints", "CiliumEndpoint", short=("cep", "ciliumep")),
    _kind(
        f"{CILIUM}/v2", "ciliumidentities", "CiliumIdentity", namespaced=False,
        short=("ciliumid",), fields=("security-labels",),
    ),
    _kind(
        f"{CILIUM}/v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy", short=("cnp", "ciliumnp"),
        fields=("spec", "specs", "status"),
    ),
    _kind(
        f"{CILIUM}/v2", "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy",
        namespaced=False, short=("ccnp",), fields=("spec", "specs", "status"),
    ),
    _kind(f"{CILIUM}/v2", "ciliumnodeconfigs", "CiliumNodeConfig"),
    _kind(
        f"{CILIUM}/v2alpha1", "ciliumendpointslices", "CiliumEndpointSlice", namespaced=False,
        short=("ces",), fields=("namespace", "endpoints"),
    ),
)  # fmt: skip

EVENTS_V1 = _kind(
    "events.k8s.io/v1", "events", "Event", short=("ev",),
    fields=(
        "action", "deprecatedCount", "deprecatedFirstTimestamp", "deprecatedLastTimestamp",
        "deprecatedSource", "eventTime", "note", "reason", "regarding", "related",
        "reportingController", "reportingInstance", "series", "type",
    ),
)  # fmt: skip
"""Another form of the core Events, which are stored once."""

SERVED: tuple[Kind, ...] = (*KINDS, EVENTS_V1)

BY_PLURAL: dict[str, Kind] = {kind.plural: kind for kind in KINDS}
BY_KIND: dict[str, Kind] = {kind.kind: kind for kind in KINDS}
BY_PATH: dict[tuple[str, str, str], Kind] = {
    (kind.group, kind.version, kind.plural): kind for kind in SERVED
}
GROUP_VERSIONS: tuple[tuple[str, str], ...] = (
    *dict.fromkeys((kind.group, kind.version) for kind in SERVED),
    ("authentication.k8s.io", "v1"),
    ("authorization.k8s.io", "v1"),
    ("policy", "v1"),
)
