"""Releases and their revisions, as Helm stores them. Source: Helm 4.1's ``release/v1``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.clients.helm.names import ChartVersion, ReleaseName

Values = dict[str, Any]


class ReleaseState(StrEnum):
    """What Helm says of a revision. One is ``deployed`` at most; good older ones are superseded."""

    UNKNOWN = "unknown"
    DEPLOYED = "deployed"
    UNINSTALLED = "uninstalled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"

    @classmethod
    def read(cls, text: str) -> ReleaseState:
        """From text; a word we do not know is ``unknown``."""
        return cls(text) if text in set(cls) else cls.UNKNOWN

    @property
    def pending(self) -> bool:
        """Whether an operation is under way, or was killed."""
        return self.value.startswith("pending-") or self is ReleaseState.UNINSTALLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of a release.

    ``values`` are those a person gave (facts on Helm: ``helm get values``); ``defaults`` the
    chart's own. ``manifest`` is what was rendered from both.
    """

    release: ReleaseName
    number: int
    state: ReleaseState
    chart: str
    chart_version: str
    app_version: str = ""
    description: str = ""
    updated: datetime | None = None
    values: Values = field(default_factory=dict)
    defaults: Values = field(default_factory=dict)
    manifest: str = field(default="", repr=False)
    labels: dict[str, str] = field(default_factory=dict)
    """Labels of the release, less those that Helm itself writes."""

    @property
    def version(self) -> ChartVersion | None:
        """The chart's version; ``None`` when it is not SemVer."""
        return ChartVersion.read(self.chart_version)


def current(history: tuple[Revision, ...]) -> Revision | None:
    """What the release is now: the newest revision that was deployed, else the newest at all."""
    newest = sorted(history, key=lambda revision: revision.number, reverse=True)
    deployed = (one for one in newest if one.state is ReleaseState.DEPLOYED)
    return next(deployed, newest[0] if newest else None)


def latest(history: tuple[Revision, ...]) -> Revision | None:
    """The revision with the highest number, whatever became of it."""
    return max(history, key=lambda revision: revision.number, default=None)
