"""What ``config/bot.yaml`` may say, as frozen types. ``docs/settings.md`` explains each setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, InstanceOf, model_validator
from pydantic_core import PydanticCustomError

from bot.model.access import AccessRules, without_file
from bot.model.alert_rules import AlertRules
from bot.model.approval import ApprovalRules
from bot.model.names import Duration
from bot.settings.credentials import Credentials
from bot.settings.fields import (
    SLACK_APIS,
    ApiUrl,
    ChannelId,
    ChartName,
    ClusterName,
    ContextName,
    Deadline,
    FilePath,
    FolderPath,
    Host,
    InFlight,
    KubernetesUser,
    LogFormat,
    LogLevel,
    MemberId,
    NamespaceName,
    Port,
    ProgramName,
    RepositoryUrl,
    Section,
    Sockets,
    StoreUrl,
    Switch,
)
from bot.settings.rules import contradictions


class Cluster(Section):
    """How to reach one cluster: from inside it, or by a kubeconfig and one of its contexts."""

    in_cluster: Switch = False
    """The cluster the bot itself runs in, with its pod's ServiceAccount."""

    kubeconfig: FilePath | None = None
    """Without it, ``$KUBECONFIG`` or ``~/.kube/config``."""

    context: ContextName | None = None
    """Always named: a kubeconfig's current context may change under a running bot."""

    cilium_namespace: NamespaceName = "kube-system"
    """Where Cilium's pods run."""


class Slack(Section):
    """The workspace's side; its secrets are in :class:`Credentials`."""

    api_url: ApiUrl = SLACK_APIS[0]
    sockets: Sockets = 2
    """Socket Mode connections kept open; only with an app-level token."""

    @property
    def is_genuine(self) -> bool:
        """Whether this is Slack itself; ``serve`` talks to nothing else outside the demo."""
        return self.api_url in SLACK_APIS


class Http(Section):
    """Where the bot listens for Slack and for probes."""

    host: Host = "127.0.0.1"
    port: Port = 3000


class Logs(Section):
    """What is written to standard error, and how."""

    format: LogFormat = "text"
    level: LogLevel = "info"


class Store(Section):
    """Where runs, answers on their way and claims are kept; the password is a credential."""

    url: StoreUrl | None = None
    """A Redis or Valkey of yours; several replicas need one."""

    folder: FolderPath = Path("~/.local/state/cilium-oncall")
    """Without ``url``: where the embedded store keeps its data."""


class Changes(Section):
    """What changes need beside approval rules."""

    audit_channel: ChannelId | None = None
    """Where the head of the audit is posted daily."""

    identity_cluster: ClusterName | None = None
    """The cluster whose TokenReview is believed for the terminal; ``None``: the only one."""

    people: Mapping[KubernetesUser, MemberId] = Field(default_factory=dict)
    """Who in Slack a Kubernetes username is."""

    api_server_tokens: Switch = False
    """Whether people may sign in with tokens that were made for the API server, too."""


class Helm(Section):
    """Where Cilium's chart comes from, and which helm is run for changes of the release."""

    program: ProgramName = "helm"
    repository: RepositoryUrl = "https://helm.cilium.io"
    chart: ChartName = "cilium"


class Limits(Section):
    """How much is asked of a cluster at once, and for how long; durations in seconds."""

    execs_in_flight: InFlight = 64
    api_requests_in_flight: InFlight = 32
    deadline: Deadline = Duration(10.0)
    deep_deadline: Deadline = Duration(60.0)


class BotFile(Section):
    """The whole of ``bot.yaml``."""

    clusters: Mapping[ClusterName, Cluster] = Field(default_factory=dict)
    channels: Mapping[ChannelId, ClusterName] = Field(default_factory=dict)
    access: FilePath | None = None
    approvals: FilePath | None = None
    alerts: FilePath | None = None
    changes: Changes = Changes()
    slack: Slack = Slack()
    http: Http = Http()
    helm: Helm = Helm()
    limits: Limits = Limits()
    store: Store = Store()
    logs: Logs = Logs()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for found in contradictions(self.model_dump()):
            raise PydanticCustomError("contradiction", "{said}", {"said": str(found)})
        return self


class Settings(BotFile):
    """What the bot is started with. ``Settings()`` is valid: no cluster, no channel, no secret."""

    credentials: Credentials = Credentials()
    access_rules: InstanceOf[AccessRules] | None = None
    """What the access file says; ``None`` without one."""
    approval_rules: InstanceOf[ApprovalRules] | None = None
    """What the approvals file says; ``None`` without one, and then nothing can be changed."""
    alert_rules: InstanceOf[AlertRules] | None = None
    """What the alerts file says; ``None`` without one."""

    @property
    def identity_cluster(self) -> str | None:
        """The cluster that says who somebody at a terminal is; ``None``: none is named, and there
        are several."""
        only = next(iter(self.clusters)) if len(self.clusters) == 1 else None
        return self.changes.identity_cluster or only

    @property
    def named_channels(self) -> frozenset[str]:
        """Every Slack channel that the settings name."""
        audit = self.changes.audit_channel
        return frozenset([*self.channels, *([audit] if audit else ())])

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that a rule of access or approval names."""
        approving = self.approval_rules.groups if self.approval_rules else frozenset[str]()
        return self.rules.groups | approving

    @property
    def rules(self) -> AccessRules:
        """Who may do what: the access file's rules, else the default."""
        return self.access_rules or without_file(frozenset(self.channels))
