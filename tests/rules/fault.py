"""A fault: what is otherwise than in a healthy cluster, and every alert that then fires."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.rules.healthy import HEALTHY


@dataclass(frozen=True)
class Fault:
    """``fires`` is all that fires ``at`` that time, by alert and how many; nothing else may."""

    name: str
    changed: dict[str, str]
    gone: tuple[str, ...] = ()
    fires: dict[str, int] = field(default_factory=dict)
    at: str = "3h"

    @property
    def series(self) -> dict[str, str]:
        """All series of the cluster with this fault."""
        kept = {name: values for name, values in HEALTHY.items() if name not in self.gone}
        return kept | self.changed
