"""The bot's log: one line per event, with the run it belongs to, and no secret in it.

The standard library's logging with a formatter of our own, because every library here logs through
it: whatever they write passes the same redaction.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from bot.engine.run import run_in_context
from bot.model.visible import visible
from bot.observability.redaction import Redaction

OURS = ("bot", "runbooks")
"""The loggers that ``logs.level`` is about; all others begin at ``warning``."""


class _Lines(logging.Formatter):
    """What both forms say, redacted."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def fields(self, record: logging.LogRecord) -> dict[str, str]:
        """The event by name; ``run`` and ``error`` only where there is one."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": run_in_context.get(),
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return {name: self._redaction.redact(text) for name, text in said.items() if text}


class JsonLines(_Lines):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as JSON."""
        return msgspec.json.encode(self.fields(record)).decode()


class TextLines(_Lines):
    """For a person: time, level, logger, run, message; a traceback indented below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as text; a message never takes a second line."""
        said = self.fields(record)
        run = f" [{said['run']}]" if "run" in said else ""
        head = f"{said['time']} {said['level']:<7} {said['logger']}{run} "
        line = head + visible(said.get("message", ""))
        below = said.get("error", "").splitlines()
        return "\n".join([line, *(f"    {visible(each)}" for each in below)])


def configure(form: str, level: str, secrets: Iterable[str] = ()) -> None:
    """Write every event to standard error. ``form`` is ``json`` or ``text``; ``level`` is ours."""
    redaction = Redaction(secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(redaction) if form == "json" else TextLines(redaction))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
