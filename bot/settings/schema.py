"""What ``config/bot.yaml`` may say, as frozen types. ``docs/settings.md`` explains each setting.

Every field carries an :class:`Allowed`: the words with which a wrong value is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.model.access import AccessRules, without_file
from bot.model.names import Duration, is_dns_label, is_dns_subdomain, parse_duration
from bot.settings.credentials import Credentials
from bot.settings.rules import contradictions

SLACK_APIS = ("https://slack.com/api/", "https://slack-gov.com/api/")
"""The Web API of Slack and of GovSlack; any other address would receive the bot's token."""

STORE_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,30}\Z")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may stand in a field, as the end of the sentence "allowed: ..."."""

    words: str


def refuse() -> PydanticCustomError:
    """The words of the refusal are the field's own :class:`Allowed`."""
    return PydanticCustomError("not_allowed", "not allowed")


def _cluster_name(text: str) -> str:
    if not is_dns_label(text):
        raise refuse()
    return text


def channel_id(text: str) -> str:
    """``text`` when it is a channel's id."""
    if not CHANNEL_ID.match(text):
        raise refuse()
    return text


def one_line(text: str) -> str:
    """``text`` when it is something, on one line, without spaces around it."""
    if not text or not text.isprintable() or text != text.strip():
        raise refuse()
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise refuse()
        return text

    return check


def _path(value: object, info: ValidationInfo) -> object:
    """A path as written in a file is relative to that file, and may begin with ``~``."""
    if not isinstance(value, str):
        return value
    try:
        path = Path(one_line(value)).expanduser()
    except RuntimeError:  # ~nobody: no such user
        raise refuse() from None
    directory = (info.context or {}).get("directory")
    return directory / path if directory else path


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not is_dns_subdomain(text) or text.replace(".", "").isdigit():
            raise refuse() from None
    return text


def _api_url(text: str, info: ValidationInfo) -> str:
    """Any address will do for the demo, which builds its settings itself; a file names Slack."""
    from_file = info.context is not None
    if from_file and text not in SLACK_APIS:
        raise refuse()
    if urlsplit(text).scheme not in ("http", "https") or not text.endswith("/"):
        raise refuse()
    return text


def _store_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    secret = ":" in rest.partition("/")[0].rpartition("@")[0]
    if scheme not in STORE_SCHEMES or not rest or secret or not text.isprintable() or " " in text:
        raise refuse()
    return text


def _seconds(value: object, info: ValidationInfo) -> object:
    """Text such as ``10s``; plain seconds from code, never from a file (seconds or minutes?)."""
    if isinstance(value, str):
        value = parse_duration(value)
    elif info.context is not None:
        value = None
    if not isinstance(value, int | float):
        raise refuse()
    return float(value)


ClusterName = Annotated[
    str,
    AfterValidator(_cluster_name),
    Allowed("lower-case letters, digits and '-', at most 63 characters"),
]
ChannelId = Annotated[
    str,
    AfterValidator(channel_id),
    Allowed("a channel's id (C..., G... or D...), at the end of its About tab in Slack"),
]
FilePath = Annotated[Path, BeforeValidator(_path), Allowed("the path of a file")]
ContextName = Annotated[
    str, AfterValidator(one_line), Allowed("the name of a context in the kubeconfig")
]
NamespaceName = Annotated[
    str, AfterValidator(_cluster_name), Allowed("the name of a Kubernetes namespace")
]
ApiUrl = Annotated[
    str, AfterValidator(_api_url), Allowed(f"{SLACK_APIS[0]} or, for GovSlack, {SLACK_APIS[1]}")
]
Host = Annotated[str, AfterValidator(_host), Allowed("an IP address or a host name")]
Port = Annotated[int, Field(ge=1, le=65535), Allowed("a whole number from 1 to 65535")]
InFlight = Annotated[int, Field(ge=1, le=1000), Allowed("a whole number from 1 to 1000")]
Sockets = Annotated[int, Field(ge=1, le=5), Allowed("a whole number from 1 to 5")]
Deadline = Annotated[
    Duration,
    BeforeValidator(_seconds),
    Field(gt=0, le=600),
    Allowed("a duration up to 10m, such as 10s or 1m30s"),
]
LogFormat = Annotated[str, AfterValidator(_one_of("json", "text")), Allowed("json or text")]
LogLevel = Annotated[
    str,
    AfterValidator(_one_of("debug", "info", "warning", "error")),
    Allowed("debug, info, warning or error"),
]
StoreUrl = Annotated[
    str,
    AfterValidator(_store_url),
    Allowed(
        "redis://HOST:6379/0, rediss:// for TLS, unix:///SOCKET or "
        "redis+sentinel://HOST,HOST/SERVICE, without a password"
    ),
]
FolderPath = Annotated[Path, BeforeValidator(_path), Allowed("the path of a folder")]
Switch = Annotated[bool, Allowed("true or false")]


class _Section(BaseModel):
    """Frozen and strict: nothing unknown, and no text read as a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Cluster(_Section):
    """How to reach one cluster: from inside it, or by a kubeconfig and one of its contexts."""

    in_cluster: Switch = False
    """The cluster the bot itself runs in, with its pod's ServiceAccount."""

    kubeconfig: FilePath | None = None
    """Without it, ``$KUBECONFIG`` or ``~/.kube/config``."""

    context: ContextName | None = None
    """Always named: a kubeconfig's current context may change under a running bot."""

    cilium_namespace: NamespaceName = "kube-system"
    """Where Cilium's pods run."""


class Slack(_Section):
    """The workspace's side; its secrets are in :class:`Credentials`."""

    api_url: ApiUrl = SLACK_APIS[0]
    sockets: Sockets = 2
    """Socket Mode connections kept open; only with an app-level token."""

    @property
    def is_genuine(self) -> bool:
        """Whether this is Slack itself; ``serve`` talks to nothing else outside the demo."""
        return self.api_url in SLACK_APIS


class Http(_Section):
    """Where the bot listens for Slack and for probes."""

    host: Host = "127.0.0.1"
    port: Port = 3000


class Logs(_Section):
    """What is written to standard error, and how."""

    format: LogFormat = "text"
    level: LogLevel = "info"


class Store(_Section):
    """Where runs, answers on their way and claims are kept; the password is a credential."""

    url: StoreUrl | None = None
    """A Redis or Valkey of yours; several replicas need one."""

    folder: FolderPath = Path("~/.local/state/cilium-oncall")
    """Without ``url``: where the embedded store keeps its data."""


class Limits(_Section):
    """How much is asked of a cluster at once, and for how long; durations in seconds."""

    execs_in_flight: InFlight = 64
    api_requests_in_flight: InFlight = 32
    deadline: Deadline = Duration(10.0)
    deep_deadline: Deadline = Duration(60.0)


class BotFile(_Section):
    """The whole of ``bot.yaml``."""

    clusters: Mapping[ClusterName, Cluster] = Field(default_factory=dict)
    channels: Mapping[ChannelId, ClusterName] = Field(default_factory=dict)
    access: FilePath | None = None
    slack: Slack = Slack()
    http: Http = Http()
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

    @property
    def rules(self) -> AccessRules:
        """Who may do what: the access file's rules, else the default."""
        return self.access_rules or without_file(frozenset(self.channels))
