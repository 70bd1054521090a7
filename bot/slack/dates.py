"""Moments, as each reader's own client shows them. mrkdwn.

Source: "Formatting message text", docs.slack.dev, date formatting.
"""

from __future__ import annotations

from datetime import datetime


def ago(moment: datetime) -> str:
    """How long ago, as the reader's client counts it at the time of reading."""
    return _date(moment, "{ago}")


def clock_time(moment: datetime) -> str:
    """The time of day where the reader is."""
    return _date(moment, "{time_secs}")


def at(moment: datetime) -> str:
    """Day and minute where the reader is: "today at 03:15"."""
    return _date(moment, "{date_short_pretty} at {time}")


def _date(moment: datetime, form: str) -> str:
    return f"<!date^{moment.timestamp():.0f}^{form}|{moment:%Y-%m-%d %H:%M} UTC>"
