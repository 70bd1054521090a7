"""From findings to a report: each difference named, with the values that were set."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Finding, Report, Severity, Table, Verdict, natural, verdict_of
from bot.clients.cilium.names import CONFIG_MAP
from bot.clients.helm.flat import flattened
from bot.clients.helm.redaction import without_secret
from bot.model.names import counted
from runbooks.release.config.evidence import Seen
from runbooks.release.telling import (
    ago,
    cut,
    differences_table,
    values_file,
    values_table,
)

MOST_ROWS = 40


def present(seen: Seen, findings: tuple[Finding, ...], *, cluster: str) -> Report:
    """The report."""
    gaps = tuple(seen.gaps)
    now = seen.record.current
    where = f"{seen.node} of {cluster}" if seen.node else cluster
    verdict = verdict_of(findings, gaps)
    return Report(
        title=f"Cilium's configuration on {where}",
        verdict=verdict,
        summary=_summary(seen, findings, verdict),
        findings=findings,
        gaps=gaps,
        facts=tuple(_facts(seen)),
        tables=(*_drift(seen), *_running(seen), *(values_table(now.values) if now else ())),
        attachments=tuple(
            values_file(now.values, f"{now.release.name}-values.yaml") if now else ()
        ),
    )


def _summary(seen: Seen, findings: tuple[Finding, ...], verdict: Verdict) -> str:
    if seen.absent:
        return f"There is no ConfigMap {CONFIG_MAP} in {seen.namespace}."
    if seen.config is None:
        return f"ConfigMap {CONFIG_MAP} could not be read."
    troubles = [one for one in findings if one.severity is not Severity.INFO]
    if troubles:
        return troubles[0].cause
    compared = []
    if seen.record.objects:
        compared.append("the release")
    if seen.running:
        compared.append(counted(len(seen.running), "running agent"))
    if not compared:
        return f"{CONFIG_MAP} was read, and there was nothing to compare it with."
    return f"{CONFIG_MAP} was compared with {' and '.join(compared)}: nothing is otherwise."


def _facts(seen: Seen) -> Iterator[tuple[str, str]]:
    now = seen.record.current
    if now is not None:
        yield (
            "Values set",
            f"{counted(len(flattened(now.values)), 'value')} in revision {now.number}",
        )
    if seen.config is not None:
        changed = ago(seen.read_at, seen.config.metadata.changed_at)
        yield CONFIG_MAP, f"{counted(len(seen.config.data or {}), 'key')}, changed {changed}"
    if seen.running:
        some = min(seen.running, key=natural)
        found = seen.comparison(some)
        yield "Compared inside agents", f"{found.compared} of {found.keys} keys; the rest they keep"
        yield "Agents asked", f"{len(seen.running)} of {len(seen.agents)}"


def _drift(seen: Seen) -> list[Table]:
    if not seen.drift:
        return []
    return [differences_table(f"{CONFIG_MAP} against the release", "release", "now", seen.drift)]


def _running(seen: Seen) -> list[Table]:
    """A row for each key and running value, with the nodes that have it."""
    if seen.config is None:
        return []
    alike: dict[tuple[str, str, str], list[str]] = {}
    for node in sorted(seen.running, key=natural):
        for one in seen.comparison(node).differences:
            alike.setdefault((one.key, one.configured, one.running), []).append(node)
    if not alike:
        return []
    rows = tuple(
        (key, _cell(configured), _cell(running), _nodes(nodes))
        for (key, configured, running), nodes in sorted(alike.items())[:MOST_ROWS]
    )
    left_out = len(alike) - MOST_ROWS
    return [
        Table(
            title=f"Running agents against {CONFIG_MAP}",
            columns=("key", "configured", "running", "nodes"),
            rows=rows,
            note=f"{left_out} more are not shown." if left_out > 0 else "",
        )
    ]


def _cell(text: str) -> str:
    return cut(without_secret(text))


def _nodes(nodes: list[str]) -> str:
    return ", ".join(nodes[:3]) + (f" and {len(nodes) - 3} more" if len(nodes) > 3 else "")
