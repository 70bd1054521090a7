"""Every runbook module we ship, in the order in which ``help`` lists them."""

from __future__ import annotations

from types import ModuleType

from runbooks.agent.status import runbook as status

MODULES: tuple[ModuleType, ...] = (status,)
