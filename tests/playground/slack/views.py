"""Modals and their fields, as short as tests want them."""

from __future__ import annotations

from typing import Any


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value), "value": value}


def field(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": {"action_id": "v", **element},
        **more,
    }


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A modal with ``blocks``, or one that asks for a reason; ``more`` replaces its fields."""
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Why?"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [field("reason", {"type": "plain_text_input"})],
        **more,
    }
