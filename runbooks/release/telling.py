"""Words that the answers about the release have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.authoring import Attachment, Confidence, Finding, Severity, Subject, Table
from bot.clients.gitops.ownership import Owner
from bot.clients.helm.flat import Difference, flattened, shown
from bot.clients.helm.redaction import redacted
from bot.clients.helm.release import Revision, Values
from bot.model.names import counted, format_duration

MOST_ROWS = 40
LONGEST = 60
OUR_MARK = "cilium-oncall: "


def ago(now: datetime, then: datetime | None) -> str:
    """``12m ago``, or that it is not known."""
    if then is None:
        return "at an unknown time"
    return f"{format_duration(max(0.0, (now - then).total_seconds()))} ago"


def cut(text: str) -> str:
    """A value in a cell: one line, not longer than a phone is wide."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def author_of(revision: Revision, owner: Owner | None) -> str:
    """Who made a revision, as far as anything says so: Helm does not record it."""
    if revision.description.startswith(OUR_MARK):
        return f"this bot ({revision.description.removeprefix(OUR_MARK)})"
    if owner is not None and owner.certain:
        return str(owner)
    return "Helm, by a person or a pipeline (Helm does not record whom)"


def values_table(values: Values) -> list[Table]:
    """The values that a person set, without secrets; the whole of them is attached."""
    pairs = sorted(flattened(redacted(values)).items())
    if not pairs:
        return []
    left_out = len(pairs) - MOST_ROWS
    return [
        Table(
            title="Values that are set",
            columns=("value", "is"),
            rows=tuple((path, cut(text) or '""') for path, text in pairs[:MOST_ROWS]),
            note=f"{left_out} more are in the attached file." if left_out > 0 else "",
        )
    ]


def values_file(values: Values, filename: str) -> list[Attachment]:
    """The values as YAML, without secrets."""
    import yaml

    if len(flattened(values)) <= MOST_ROWS:
        return []
    text = yaml.safe_dump(redacted(values), sort_keys=True, allow_unicode=True)
    return [Attachment(title="All values that are set", text=text, filename=filename)]


def differences_table(title: str, before: str, after: str, found: Sequence[Difference]) -> Table:
    """One row for each."""
    left_out = len(found) - MOST_ROWS
    return Table(
        title=title,
        columns=("what", before, after),
        rows=tuple(
            (one.path, cut(shown(one.before)), cut(shown(one.after))) for one in found[:MOST_ROWS]
        ),
        note=f"{left_out} more are not shown." if left_out > 0 else "",
    )


def listed(found: Sequence[Difference], most: int = 5) -> tuple[str, ...]:
    """Differences as lines of proof."""
    lines = tuple(cut(str(one)) for one in found[:most])
    rest = len(found) - most
    return (*lines, f"and {counted(rest, 'more')}".removesuffix("s")) if rest > 0 else lines


def owned_elsewhere(owner: Owner) -> Finding:
    """That changes belong into somebody's repository."""
    certain = owner.certain
    return Finding(
        id="gitops-owned",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN if certain else Confidence.POSSIBLE,
        subject=Subject("release", owner.name or "cilium", owner.namespace),
        cause=f"{'' if certain else 'Perhaps '}{owner} owns this release: what is changed beside it"
        " is undone, or makes it fail.",
        proof=(owner.proof,),
        next_steps=("Change it in its repository.", owner.command),
    )
