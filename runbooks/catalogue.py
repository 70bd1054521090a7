"""Every module of runbooks and remedies we ship, as ``help`` lists them, and a team's own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from types import ModuleType

from bot.engine.registry import Registry, Runbook
from bot.model.errors import ConfigurationError
from runbooks.agent.restart import remedy as restart
from runbooks.agent.rollout import remedy as rollout
from runbooks.agent.status import runbook as status
from runbooks.nodes.cordon import remedies as cordon
from runbooks.operator.restart import remedy as operator
from runbooks.release.config import runbook as config
from runbooks.release.installed import runbook as release
from runbooks.release.rollback import clearing
from runbooks.release.rollback import remedy as rollback
from runbooks.release.versions import runbook as versions

MODULES: tuple[ModuleType, ...] = (
    *(status, release, versions, config),
    *(restart, rollout, operator, cordon),
    *(rollback, clearing),
)

ENTRY_POINTS = "cilium_oncall.runbooks"
"""The group in which a package names modules with runbooks of its own."""


def registry(more: Sequence[Runbook] = ()) -> Registry:
    """Ours, a team's own, and ``more``, by name.

    Raises :class:`ConfigurationError` for a module that cannot be imported and for a name that two
    of them use.
    """
    own: list[ModuleType] = []
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            own.append(entry.load())
        except ImportError as error:
            raise ConfigurationError(
                f"The runbooks of {entry.name} ({entry.value}) cannot be imported: {error}."
            ) from None
    return Registry([*Registry.of([*MODULES, *own]), *more])
