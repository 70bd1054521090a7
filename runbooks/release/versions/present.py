"""From findings to a report: a row for each component, and what the repository offers."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Finding, Report, Severity, Table, verdict_of
from runbooks.release.telling import ago
from runbooks.release.versions.evidence import AGENT, COMPONENTS, Seen
from runbooks.release.versions.judge import newest_minors, newest_patch

SHOWN_MINORS = 4


def present(seen: Seen, findings: tuple[Finding, ...], *, cluster: str) -> Report:
    """The report."""
    gaps = tuple(seen.gaps)
    return Report(
        title=f"Versions of Cilium on {cluster}",
        verdict=verdict_of(findings, gaps),
        summary=_summary(seen, findings),
        findings=findings,
        gaps=gaps,
        facts=tuple(_facts(seen)),
        tables=(*_components(seen), *_offered(seen)),
    )


def _summary(seen: Seen, findings: tuple[Finding, ...]) -> str:
    agents = seen.running(AGENT)
    if AGENT.name not in seen.pods:
        return "The agents' pods could not be read."
    if not agents:
        return f"There are no agents in {seen.namespace}."
    worse = [one for one in findings if one.severity is not Severity.INFO]
    usual, count = agents.most_common(1)[0]
    first = f"{count} of {agents.total()} agents run {usual}"
    if worse:
        return f"{first}. {worse[0].cause}"
    if patch := newest_patch(seen):
        return f"{first}, and so does everything else; {patch} is out."
    if seen.offered is not None:
        return f"{first}, and so does everything else: the newest patch of its minor."
    return f"{first}, and so does everything else."


def _facts(seen: Seen) -> Iterator[tuple[str, str]]:
    now = seen.record.current
    if now is not None:
        yield "Release", f"{now.chart} {now.chart_version}, revision {now.number}"
    if seen.offered is not None:
        minors = newest_minors(seen)[:3]
        yield "Newest minors", ", ".join(f"{major}.{minor}" for major, minor in minors)
        if patch := newest_patch(seen):
            yield "Newest patch", str(patch)


def _components(seen: Seen) -> list[Table]:
    rows = []
    for component in COMPONENTS:
        running = seen.running(component)
        if component.name not in seen.pods:
            rows.append((component.name, "could not be read", "-"))
        elif running:
            told = ", ".join(
                version if len(running) == 1 else f"{version} ({count})"
                for version, count in running.most_common(5)
            )
            rows.append((component.name, told, str(running.total())))
    columns = ("component", "version", "pods")
    return [Table(title="Running", columns=columns, rows=tuple(rows))] if rows else []


def _offered(seen: Seen) -> list[Table]:
    """The newest patch of each of the newest minors."""
    rows = []
    for minor in newest_minors(seen)[:SHOWN_MINORS]:
        newest = next(
            one for one in seen.offered or () if one.version.minor == minor and one.version.released
        )
        rows.append(
            (f"{minor[0]}.{minor[1]}", str(newest.version), ago(seen.read_at, newest.released_at))
        )
    if not rows:
        return []
    columns = ("minor", "newest", "released")
    return [Table(title="In the chart repository", columns=columns, rows=tuple(rows))]
