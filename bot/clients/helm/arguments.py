"""The closed table of Helm's argument lists, built from typed arguments; no text of a person.

What is not here is not run. Never: waiting (a wait cannot end under OnDelete and then calls the
revision failed), rolling back by itself, force, taking objects over, cleaning up on failure,
skipping hooks, the values of an earlier revision. Each revision and each chart version is named:
facts on Helm say what happens without (``upgrade`` takes the newest chart, ``rollback`` the
previous revision).

Source: the options of Helm 4.1.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bot.clients.helm.names import ChartVersion, ReleaseName, revision_number
from bot.model.errors import UsageError

Arguments = tuple[str, ...]

NEVER = (
    "--atomic",
    "--cleanup-on-fail",
    "--force",
    "--force-conflicts",
    "--force-replace",
    "--no-hooks",
    "--replace",
    "--reset-then-reuse-values",
    "--reuse-values",
    "--rollback-on-failure",
    "--take-ownership",
    "--wait",
    "--wait-for-jobs",
    "--install",
    "-i",
    "--set",
    "--kube-token",
    "--kube-as-user",
    "--password",
    "--username",
)
"""What no argument list of ours may hold, with or without ``=``."""
OPERATIONS = ("get", "history", "list", "rollback", "status", "template", "upgrade", "version")
HISTORY_KEPT = 20
"""Revisions that Helm keeps of a release; its own default of 10 is the least there may be."""
MOST_REVISIONS = 256

MARGIN = 60.0
"""Seconds beyond Helm's own time before a change is ended: a killed one leaves a pending release
behind."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One exact version of a chart: a name in a ``repository``, an OCI address, or an archive."""

    reference: str
    version: ChartVersion
    repository: str = ""

    def arguments(self) -> Arguments:
        """As ``upgrade`` and ``template`` take it."""
        repository = ("--repo", self.repository) if self.repository else ()
        return (self.reference, *repository, "--version", self.version.text)


def version() -> Arguments:
    """Which Helm this is."""
    return ("version", "--template", "{{.Version}}")


def list_releases(namespace: str) -> Arguments:
    """The newest revision of each release in ``namespace``, whatever its state."""
    ReleaseName(namespace, "any")
    return ("list", "--namespace", namespace, "--output", "json")


def history(release: ReleaseName) -> Arguments:
    """All revisions of ``release``."""
    asked = ("history", release.name, "--max", str(MOST_REVISIONS))
    return (*asked, *_at(release), "--output", "json")


def status(release: ReleaseName) -> Arguments:
    """The newest revision of ``release``."""
    return ("status", release.name, *_at(release), "--output", "json")


def values(release: ReleaseName, revision: int, *, computed: bool) -> Arguments:
    """The values a person gave, or with ``computed`` the chart's defaults with them on top."""
    asked = ("get", "values", release.name, "--revision", revision_number(revision))
    return (*asked, *(("--all",) if computed else ()), *_at(release), "--output", "json")


def manifest(release: ReleaseName, revision: int) -> Arguments:
    """What the revision consists of, as YAML documents."""
    asked = ("get", "manifest", release.name, "--revision", revision_number(revision))
    return (*asked, *_at(release))


def metadata(release: ReleaseName, revision: int) -> Arguments:
    """Chart, version, state and times of a revision."""
    asked = ("get", "metadata", release.name, "--revision", revision_number(revision))
    return (*asked, *_at(release), "--output", "json")


def template(
    release: ReleaseName,
    chart: Chart,
    values_file: Path,
    *,
    kubernetes: str,
    api_versions: Sequence[str] = (),
) -> Arguments:
    """What ``chart`` would consist of, rendered without looking at the cluster.

    ``kubernetes`` is the cluster's version; ``api_versions`` what its API serves beyond that.
    """
    served = [part for name in api_versions for part in ("--api-versions", _plain(name))]
    return (
        *("template", release.name, *chart.arguments(), "--values", str(values_file)),
        *("--is-upgrade", "--kube-version", _plain(kubernetes), *served, *_at(release)),
    )


def upgrade(
    release: ReleaseName,
    chart: Chart,
    values_file: Path,
    *,
    timeout: float,
    description: str,
    dry_run: bool,
) -> Arguments:
    """Make ``release`` consist of ``chart`` with exactly the values of the file.

    Without ``--reset-values`` Helm would take an empty file for "as before". ``timeout`` in
    seconds is for each hook.
    """
    return (
        *("upgrade", release.name, *chart.arguments()),
        *("--values", str(values_file), "--reset-values"),
        *("--history-max", str(HISTORY_KEPT), "--timeout", f"{round(timeout)}s"),
        *("--description", f"cilium-oncall: {_plain(description)}", "--hide-notes"),
        *(("--dry-run=server",) if dry_run else ()),
        *(*_at(release), "--output", "json"),
    )


def rollback(release: ReleaseName, revision: int, *, timeout: float, dry_run: bool) -> Arguments:
    """Make ``release`` consist of what an earlier ``revision`` did, as a new revision."""
    return (
        *("rollback", release.name, revision_number(revision)),
        *("--history-max", str(HISTORY_KEPT), "--timeout", f"{round(timeout)}s"),
        *(("--dry-run=server",) if dry_run else ()),
        *_at(release),
    )


def checked(arguments: Arguments) -> Arguments:
    """``arguments``, looked at once more before they are run: the last door.

    Raises :class:`UsageError` for an option that is never used, and for a call that leaves the
    choice of a chart version or a revision to Helm.
    """
    operation = arguments[0] if arguments else ""
    if operation not in OPERATIONS:
        raise UsageError(f"The bot does not run helm {operation}.")
    for argument in arguments[1:]:
        if argument.partition("=")[0] in NEVER:
            raise UsageError(f"The bot never runs helm with {argument.partition('=')[0]}.")
    if operation in ("upgrade", "template"):
        given = [b for a, b in pairwise(arguments) if a == "--version"]
        if len(given) != 1:
            raise UsageError(f"helm {operation} without one chart version is not run.")
        ChartVersion.of(given[0])
    if operation == "rollback" and not _is_revision(arguments[2:3]):
        raise UsageError("helm rollback without an explicit revision is not run.")
    return arguments


def _is_revision(found: Sequence[str]) -> bool:
    return bool(found) and found[0].isdecimal() and int(found[0]) > 0


def _at(release: ReleaseName) -> Arguments:
    return ("--namespace", release.namespace)


def _plain(text: str) -> str:
    """One line that cannot be taken for an option."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split()).lstrip(
        "-"
    )[:200]
