"""What is handed to Helm, typed: whatever is one of these cannot be read as an option.

Source: Helm's ``chartutil.ValidateReleaseName`` (53 characters), SemVer 2 for chart versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model.errors import UsageError
from bot.model.names import is_dns_label, is_dns_subdomain
from bot.model.nearest import quoted

FIELD_MANAGER = "helm"
"""Under which helm owns fields: Helm 4.1.4's command line sets this name whatever the program is
called, and has no option for it. So the bot and people at a terminal share one."""

LONGEST_RELEASE = 53
_VERSION = re.compile(
    r"(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?:-([0-9A-Za-z.-]{1,60}))?(?:\+[0-9A-Za-z.-]{1,60})?\Z"
)


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """A release in its namespace. Raises :class:`UsageError` for what Helm would not accept."""

    namespace: str
    name: str

    def __post_init__(self) -> None:
        if not is_dns_label(self.namespace):
            raise UsageError(f"{quoted(self.namespace)} is not the name of a namespace.")
        if len(self.name) > LONGEST_RELEASE or not is_dns_subdomain(self.name):
            raise UsageError(f"{quoted(self.name)} is not the name of a Helm release.")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class ChartVersion:
    """One exact version, such as ``1.18.6``: a range or nothing at all would let Helm choose.

    Order is by number; pre-releases come before their release.
    """

    parts: tuple[int, int, int]
    released: bool
    text: str

    @classmethod
    def of(cls, text: str) -> ChartVersion:
        """From text, with or without a leading ``v``. Raises :class:`UsageError`."""
        plain = text.strip().removeprefix("v")
        match = _VERSION.match(plain)
        if match is None:
            raise UsageError(
                f"{quoted(text)} is not one exact chart version."
                if text
                else "No chart version is given.",
                hint="It reads like 1.18.6; without it Helm would take the newest there is.",
            )
        major, minor, patch = (int(part) for part in match.groups()[:3])
        return cls((major, minor, patch), match[4] is None, plain)

    @classmethod
    def read(cls, text: str) -> ChartVersion | None:
        """From text that others wrote; ``None`` when it is no version."""
        try:
            return cls.of(text)
        except UsageError:
            return None

    @property
    def minor(self) -> tuple[int, int]:
        """``(1, 18)``."""
        return self.parts[:2]

    def __str__(self) -> str:
        return self.text


def revision_number(number: int) -> str:
    """A revision as text. 0 would mean "the previous one" to Helm, and is refused.

    Raises :class:`UsageError`.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 10**9:
        raise UsageError(
            f"{quoted(str(number))} is not a revision.",
            hint="Revisions count from 1; take one from the release's history.",
        )
    return str(number)
