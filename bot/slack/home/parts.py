"""The small parts of a home tab: menus, moments. Pure."""

from __future__ import annotations

from datetime import datetime

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


def ago(moment: datetime) -> str:
    """How long ago, as the reader's client counts it at the time of reading.

    Source: "Formatting message text", docs.slack.dev, date formatting.
    """
    return _date(moment, "{ago}")


def clock_time(moment: datetime) -> str:
    """The time of day where the reader is."""
    return _date(moment, "{time_secs}")


def _date(moment: datetime, form: str) -> str:
    return f"<!date^{moment.timestamp():.0f}^{form}|{moment:%Y-%m-%d %H:%M} UTC>"


def _option(name: str) -> Block:
    return {"text": {"type": "plain_text", "text": plain(name, limits.OPTION)}, "value": name}
