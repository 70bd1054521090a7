"""Values of a chart whose bot may change the cluster."""

from __future__ import annotations

from typing import Any

APPROVALS: dict[str, Any] = {
    "rules": [
        {
            "name": "the network team",
            "risks": ["guarded"],
            "remedies": ["*"],
            "clusters": ["main"],
            "namespaces": ["*"],
            "channels": ["*"],
            "approvers": {"users": ["U0123456789", "U9876543210"]},
        }
    ]
}
CHANGING: dict[str, Any] = {"changes": {"enabled": True}, "approvals": APPROVALS}
