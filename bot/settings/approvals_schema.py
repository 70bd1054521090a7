"""What ``config/approvals.yaml`` may say, as frozen types. ``docs/approvals.md`` explains it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bot.model.access import ANY, CONFIGURED
from bot.model.names import Duration, is_dns_label
from bot.model.plan import Risk
from bot.settings.access_schema import (
    ChannelPattern,
    ClusterPattern,
    CommandName,
    GroupId,
    RuleName,
)
from bot.settings.fields import Allowed, MemberId, Section, Switch, in_seconds, refuse

_RISKS = ", ".join(Risk)


def _risk(value: object) -> object:
    if not isinstance(value, str) or value not in list(Risk):
        raise refuse()
    return Risk(value)


def _namespace(text: str) -> str:
    if text != ANY and not is_dns_label(text):
        raise refuse()
    return text


RiskName = Annotated[Risk, BeforeValidator(_risk), Allowed(_RISKS)]
NamespacePattern = Annotated[
    str, AfterValidator(_namespace), Allowed("the name of a Kubernetes namespace, or '*'")
]
Count = Annotated[int, Field(ge=1, le=10), Allowed("a whole number from 1 to 10")]
SoloAfter = Annotated[
    Duration,
    BeforeValidator(in_seconds),
    Field(ge=60, le=86400),
    Allowed("a duration from 1m to 24h, such as 10m; without the line never"),
]


class ApproversEntry(Section):
    """People and groups. ``'*'`` is no approver: who approves is named."""

    users: Annotated[list[MemberId], Allowed("a list of member ids")] | None = None
    groups: Annotated[list[GroupId], Allowed("a list of user group ids")] | None = None


class ApprovalEntry(Section):
    """One rule. What is missing is told by :mod:`bot.settings.approvals_file`: nothing that says
    what a rule is about has a default, because a line that was forgotten must not widen it."""

    name: RuleName | None = None
    risks: Annotated[list[RiskName], Allowed(f"a list of: {_RISKS}")] | None = None
    remedies: Annotated[list[CommandName], Allowed("a list of remedies, or ['*']")] | None = None
    clusters: Annotated[list[ClusterPattern], Allowed("a list of clusters, or ['*']")] | None = None
    namespaces: (
        Annotated[list[NamespacePattern], Allowed("a list of namespaces, or ['*']")] | None
    ) = None
    channels: (
        Annotated[list[ChannelPattern], Allowed(f"a list of channels, [{CONFIGURED}] or ['*']")]
        | None
    ) = None
    approvers: ApproversEntry | None = None
    second: ApproversEntry | None = None
    needed: Count | None = None
    safe_when_broken: Switch | None = None
    solo_after: SoloAfter | None = None


class ApprovalsFile(Section):
    """The whole of ``approvals.yaml``."""

    rules: Annotated[list[ApprovalEntry], Allowed("a list of rules")] = Field(default_factory=list)
