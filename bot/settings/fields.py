"""What may stand in a field of a settings file, as types.

Each carries an :class:`Allowed`: the words with which a wrong value is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from bot.model.names import Duration, is_dns_label, is_dns_subdomain, parse_duration

SLACK_APIS = ("https://slack.com/api/", "https://slack-gov.com/api/")
"""The Web API of Slack and of GovSlack; any other address would receive the bot's token."""

STORE_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,30}\Z")
USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}\Z")
_SERVICE_ACCOUNT = "system:serviceaccount:"


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


def member_id(text: str) -> str:
    """``text`` when it is a member's id."""
    if not USER_ID.match(text):
        raise refuse()
    return text


def one_line(text: str) -> str:
    """``text`` when it is something, on one line, without spaces around it."""
    if not text or not text.isprintable() or text != text.strip():
        raise refuse()
    return text


def _kubernetes_user(text: str) -> str:
    """Names that Kubernetes keeps for itself, such as ``system:anonymous``, are no person's."""
    if text.startswith("system:") and not text.startswith(_SERVICE_ACCOUNT):
        raise refuse()
    return one_line(text)


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


def _repository_url(text: str) -> str:
    parts = urlsplit(text)
    usable = parts.scheme in ("http", "https", "oci") and parts.hostname and not parts.username
    if not usable or text != text.strip() or not text.isprintable():
        raise refuse()
    return text


def in_seconds(value: object, info: ValidationInfo) -> object:
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
MemberId = Annotated[
    str,
    AfterValidator(member_id),
    Allowed("a member's id (U... or W...; in Slack: profile, More, Copy member ID)"),
]
KubernetesUser = Annotated[
    str,
    AfterValidator(_kubernetes_user),
    Allowed("a username as kubectl auth whoami shows it, such as alice@example.com"),
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
    BeforeValidator(in_seconds),
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
RepositoryUrl = Annotated[
    str,
    AfterValidator(_repository_url),
    Allowed("an http or https address without a password, or oci://HOST/PATH"),
]
ProgramName = Annotated[str, AfterValidator(one_line), Allowed("a program's name or path")]
ChartName = Annotated[
    str, AfterValidator(_cluster_name), Allowed("a chart's name: lower-case letters, digits, '-'")
]
FolderPath = Annotated[Path, BeforeValidator(_path), Allowed("the path of a folder")]
Switch = Annotated[bool, Allowed("true or false")]


class Section(BaseModel):
    """Frozen and strict: nothing unknown, and no text read as a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
