"""Variables that the command line reads."""

from __future__ import annotations

CONFIG_VARIABLE = "CILIUM_ONCALL_CONFIG"
TRACEBACK_VARIABLE = "CILIUM_ONCALL_TRACEBACK"
BOT_VARIABLE = "CILIUM_ONCALL_BOT"
"""Where the team's running bot is."""
TOKEN_VARIABLE = "CILIUM_ONCALL_TOKEN"  # noqa: S105  its name
TOKEN_FILE_VARIABLE = "CILIUM_ONCALL_TOKEN_FILE"  # noqa: S105  its name
