"""Audit records for people and for files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
from rich.console import Console

from bot.engine.changes.audit import Audit, Verification
from bot.model.audit import AuditRecord
from bot.model.errors import ConfigurationError
from bot.model.names import counted
from bot.terminal.lines import print_line


def print_records(console: Console, records: Sequence[AuditRecord]) -> None:
    """One line a record."""
    if not records:
        print_line(console, ("There are no such records.", ""))
    for record in records:
        event = record.event
        about = " ".join(filter(None, (event.remedy, event.change, event.cluster)))
        by = " ".join(filter(None, (event.who, f"in {event.where}" if event.where else "")))
        print_line(
            console,
            (f"{record.number:>6} ", "dim"),
            (f"{event.at:%Y-%m-%d %H:%M:%S} ", "dim"),
            (f"{event.event:<11} ", "bold"),
            (f"{about}  ", ""),
            (f"{by}  ", "cyan"),
            (event.detail, ""),
        )


def print_verification(console: Console, found: Verification) -> None:
    """Whether the chain is whole, and what was looked at."""
    seals = "and seals" if found.sealed else "only: there is no SEAL_KEY here to verify seals with"
    older = f" (older than record {found.first} are not kept)" if found.first > 1 else ""
    if found.broken_at is None:
        print_line(
            console,
            ("✔ WHOLE  ", "bold green"),
            (f"{counted(found.records, 'record')}{older}, chain {seals}.", ""),
        )
        print_line(console, (f"head {found.head or 'none'}", "dim"))
        print_line(console, ("Compare it with the head posted daily in Slack.", "dim"))
        return
    print_line(
        console,
        ("✖ BROKEN  ", "bold red"),
        (f"at record {found.broken_at}: {found.why}", "bold"),
    )
    print_line(console, (f"{counted(found.records, 'record')}{older}, chain {seals}.", ""))
    print_line(console, ("→ Compare with an export, and with the heads posted in Slack.", ""))


async def export_records(audit: Audit, file: Path | None) -> Verification:
    """Every record as a line of JSON, into ``file`` (readable by its owner alone) or stdout."""
    if file is None:
        return await audit.verify(_into(sys.stdout.buffer))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot write {file}: {error.strerror}.", hint="Name a file that is not there yet."
        ) from None
    with os.fdopen(descriptor, "wb") as out:
        return await audit.verify(_into(out))


def _into(out: BinaryIO) -> Callable[[AuditRecord], None]:
    def write(record: AuditRecord) -> None:
        out.write(msgspec.json.encode(record) + b"\n")

    return write
