"""From findings to a report: what is installed, since when, with which values, and its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.authoring import Finding, Report, Severity, Table, verdict_of
from bot.clients.cilium.names import CONFIG_MAP
from bot.clients.helm.flat import differences, flattened
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.names import counted
from runbooks.release.installed.evidence import Seen
from runbooks.release.telling import (
    ago,
    author_of,
    cut,
    differences_table,
    values_file,
    values_table,
)

RECENT = timedelta(hours=1)
SHOWN = 5
"""Revisions shown when the history is not what was asked for."""


def present(
    seen: Seen, findings: tuple[Finding, ...], *, cluster: str, whole_history: bool
) -> Report:
    """The report. Without a release that could be read there is still what runs."""
    gaps = tuple(seen.gaps)
    now = seen.record.current
    tables = [*_history(seen, whole=whole_history)]
    if not whole_history:
        tables += _drift(seen)
        tables += values_table(now.values) if now else []
    return Report(
        title=f"Cilium's release on {cluster}",
        verdict=verdict_of(findings, gaps),
        summary=_summary(seen, findings),
        recent_change=_recent(seen),
        findings=findings,
        gaps=gaps,
        facts=tuple(_facts(seen)),
        tables=tuple(tables),
        attachments=tuple(
            values_file(now.values, f"{now.release.name}-values.yaml") if now else ()
        ),
    )


def _summary(seen: Seen, findings: tuple[Finding, ...]) -> str:
    now = seen.record.current
    if now is None:
        if seen.record.history == ():
            return f"There is no Helm release of {seen.chart} in {seen.namespace}."
        return "The Helm release could not be read."
    what = f"{now.chart} {now.chart_version} is revision {now.number}, {now.state.value}"
    since = ago(seen.read_at, now.updated)
    troubles = [one for one in findings if one.severity is not Severity.INFO]
    if troubles:
        return f"{what} {since}. {troubles[0].cause}"
    return f"{what} {since}; what was compared is as it says."


def _recent(seen: Seen) -> str:
    latest = seen.record.latest
    if latest is None or latest.updated is None or seen.read_at - latest.updated >= RECENT:
        return ""
    return (
        f"The release changed {ago(seen.read_at, latest.updated)} (revision {latest.number}, "
        f"{latest.state.value}: {cut(latest.description) or 'no description'})."
    )


def _facts(seen: Seen) -> Iterator[tuple[str, str]]:
    now, history = seen.record.current, seen.record.history or ()
    if owner := seen.owner:
        yield "Owner", str(owner)
    if now is None:
        return
    yield "Release", str(now.release)
    yield "Chart", f"{now.chart} {now.chart_version}"
    yield "Revision", f"{now.number}, {now.state.value}, {ago(seen.read_at, now.updated)}"
    yield "Made by", author_of(now, seen.owner)
    yield "Values set", counted(len(flattened(now.values)), "value")
    yield "Revisions kept", f"{len(history)} ({history[0].number} to {history[-1].number})"
    running = len(seen.agents or ()) - len(seen.unread)
    if seen.agents is not None and seen.config is not None:
        yield "Configuration read by", f"{running} of {len(seen.agents)} agents"


def _history(seen: Seen, *, whole: bool) -> list[Table]:
    history = seen.record.history or ()
    if not history:
        return []
    newest = history[::-1] if whole else history[::-1][:SHOWN]
    before = dict(zip([one.number for one in history[1:]], history, strict=False))
    left_out = len(history) - len(newest)
    rows = tuple(
        (
            str(one.number),
            ago(seen.read_at, one.updated),
            one.state.value,
            one.chart_version,
            _changed(before.get(one.number), one),
            cut(one.description),
        )
        for one in newest
    )
    columns = ("revision", "when", "state", "chart", "changed", "description")
    note = f"{left_out} older revisions: `release history`." if left_out else ""
    return [Table(title="History", columns=columns, rows=rows, note=note)]


def _changed(before: Revision | None, after: Revision) -> str:
    """What a revision changed against the one before it, in a few words."""
    if before is None:
        return "-" if after.number == 1 else "not known"
    parts = []
    if before.chart_version != after.chart_version:
        parts.append(f"chart from {before.chart_version}")
    values = differences(flattened(before.values), flattened(after.values))
    if values:
        parts.append(counted(len(values), "value"))
    if not parts and after.state is ReleaseState.FAILED:
        return "failed"
    return ", ".join(parts) or "nothing"


def _drift(seen: Seen) -> list[Table]:
    config = [replace(one, path=f"{CONFIG_MAP} {one.path}") for one in seen.config_drift]
    found = [*config, *seen.workload_drift]
    if not found:
        return []
    return [differences_table("Otherwise than the release", "release", "cluster", found)]
