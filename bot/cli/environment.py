"""Variables that the command line reads."""

from __future__ import annotations

CONFIG_VARIABLE = "CILIUM_ONCALL_CONFIG"
TRACEBACK_VARIABLE = "CILIUM_ONCALL_TRACEBACK"
