"""The small parts of a home tab: menus, and what stands beside a text. Pure."""

from __future__ import annotations

from bot.slack import limits
from bot.slack.blocks import Block, section
from bot.slack.mrkdwn import plain

MOST_OPTIONS = 100


def menu(placeholder: str, action_id: str, names: list[str], chosen: list[str]) -> Block:
    """A menu of several choices; names beyond :data:`MOST_OPTIONS` are not offered."""
    offered = [_option(name) for name in names[:MOST_OPTIONS]]
    kept = [option for option in offered if option["value"] in chosen]
    shown: Block = {
        "type": "multi_static_select",
        "placeholder": {"type": "plain_text", "text": plain(placeholder, 150)},
        "options": offered,
        "action_id": action_id,
    }
    return shown | ({"initial_options": kept} if kept else {})


def beside(text: str, control: Block) -> Block:
    """A paragraph of mrkdwn with a control at its side."""
    return {**section(text), "accessory": control}


def _option(name: str) -> Block:
    return {"text": {"type": "plain_text", "text": plain(name, limits.OPTION)}, "value": name}
