"""Whose a cordon is: annotations on the node, so that nobody's but our own is ever taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clients.kubernetes.objects import Node
from bot.model.change import is_change_id
from bot.model.names import format_duration

BY = "cilium-oncall.io/cordoned-by"
"""The id of the change."""
REASON = "cilium-oncall.io/cordoned-reason"
UNTIL = "cilium-oncall.io/cordoned-until"


@dataclass(frozen=True, slots=True)
class Mark:
    """What our cordon says of itself. ``by`` is a change's id."""

    by: str
    reason: str = ""
    until: str = ""

    @property
    def annotations(self) -> dict[str, Any]:
        """As they are written."""
        return {BY: self.by, REASON: self.reason, UNTIL: self.until}


NO_MARK: dict[str, Any] = {BY: None, REASON: None, UNTIL: None}
"""In a merge patch, ``None`` removes."""


def mark_of(node: Node) -> Mark | None:
    """The mark of our cordon; ``None`` where there is none, whoever cordoned the node."""
    annotations = node.metadata.annotations or {}
    by = annotations.get(BY, "")
    if not is_change_id(by):
        return None
    return Mark(by, annotations.get(REASON, ""), annotations.get(UNTIL, ""))


def by_whom(node: Node, now: datetime) -> str:
    """Who cordoned a node, as far as it says."""
    mark = mark_of(node)
    if mark is not None:
        until = f" until {mark.until}" if mark.until else ""
        reason = f" ({mark.reason})" if mark.reason else ""
        return f"by change {mark.by}{until}{reason}"
    writers = [
        entry
        for entry in node.metadata.managed_fields or ()
        if entry.time and entry.subresource != "status"
    ]
    if not writers:
        return "by somebody else, and the node does not say by whom"
    last = max(writers, key=lambda entry: entry.time or now)
    assert last.time is not None  # noqa: S101  filtered above
    ago = format_duration(max(1.0, (now - last.time).total_seconds()))
    return f"by somebody else; {last.manager or 'an unnamed client'} wrote the node last, {ago} ago"
