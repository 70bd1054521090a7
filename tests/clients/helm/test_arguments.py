"""The closed table: every list that can be built, and what none of them can hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients.helm import arguments
from bot.clients.helm.arguments import NEVER, Arguments, Chart, checked
from bot.clients.helm.names import ChartVersion, ReleaseName
from bot.model.errors import UsageError

VALUES = Path("/private/values.json")
TEXT = st.one_of(
    st.text(max_size=40), st.sampled_from([*NEVER, *(f"{name}=true" for name in NEVER), "-f", "--"])
)


def built(
    name: str, namespace: str, version: str, revision: int, free: str, flag: bool
) -> list[Callable[[], Arguments]]:
    """Every row of the table, with these arguments."""
    release = ReleaseName(namespace, name)
    chart = Chart("cilium", ChartVersion.of(version), "https://charts.example")
    return [
        arguments.version,
        lambda: arguments.list_releases(namespace),
        lambda: arguments.history(release),
        lambda: arguments.status(release),
        lambda: arguments.values(release, revision, computed=flag),
        lambda: arguments.manifest(release, revision),
        lambda: arguments.metadata(release, revision),
        lambda: arguments.template(
            release, chart, VALUES, kubernetes=free, api_versions=[free, "v1"]
        ),
        lambda: arguments.upgrade(
            release, chart, VALUES, timeout=60, description=free, dry_run=flag
        ),
        lambda: arguments.rollback(release, revision, timeout=60, dry_run=flag),
    ]


ROWS = built("cilium", "kube-system", "1.18.6", 3, "why", False)


@given(TEXT, TEXT, TEXT, st.integers(-3, 5), TEXT, st.booleans())
def test_no_text_makes_an_option_that_is_never_used(
    name: str, namespace: str, version: str, revision: int, free: str, flag: bool
) -> None:
    for fields in ((name, namespace, version), ("cilium", "kube-system", "1.18.6")):
        try:
            rows = built(*fields, revision, free, flag)
        except UsageError:
            continue
        for row in rows:
            try:
                made = row()
            except UsageError:
                continue
            assert made[0] in arguments.OPERATIONS
            for argument in made:
                assert argument.partition("=")[0] not in NEVER
            if made[0] in ("upgrade", "template"):
                assert made.count("--version") == 1
                assert ChartVersion.of(made[made.index("--version") + 1])
            if made[0] == "rollback":
                assert int(made[2]) >= 1
            assert checked(made) == made


def test_every_operation_has_a_row() -> None:
    assert {row()[0] for row in ROWS} == set(arguments.OPERATIONS)


@pytest.mark.parametrize("operation", ["upgrade", "template"])
def test_a_call_without_its_version_is_refused(operation: str) -> None:
    row = next(row() for row in ROWS if row()[0] == operation)
    at = row.index("--version")
    without = (*row[:at], *row[at + 2 :])
    with pytest.raises(UsageError, match="without one chart version"):
        checked(without)
    for bad in ("", "1.18", ">=1.18.0", "^1.18.0", "latest", "1.18.x"):
        with pytest.raises(UsageError):
            checked((*row[: at + 1], bad, *row[at + 2 :]))


@pytest.mark.parametrize("revision", ["0", "", "-1", "last", "--dry-run=server"])
def test_a_rollback_without_its_revision_is_refused(revision: str) -> None:
    with pytest.raises(UsageError, match="explicit revision"):
        checked(("rollback", "cilium", revision))
    with pytest.raises(UsageError):
        checked(("rollback", "cilium"))


@pytest.mark.parametrize("option", [*NEVER, "--wait=watcher", "--force=true", "--atomic=true"])
@pytest.mark.parametrize("row", ROWS)
def test_the_last_door_refuses_what_is_never_used(
    row: Callable[[], Arguments], option: str
) -> None:
    with pytest.raises(UsageError, match="never runs"):
        checked((*row(), option))


@pytest.mark.parametrize("operation", ["install", "uninstall", "repo", "plugin", "push", ""])
def test_no_other_operation_is_run(operation: str) -> None:
    with pytest.raises(UsageError):
        checked((operation, "cilium") if operation else ())


def test_an_upgrade_says_everything() -> None:
    release = ReleaseName("kube-system", "cilium")
    chart = Chart("cilium", ChartVersion.of("v1.18.6"), "https://charts.example")
    assert arguments.upgrade(
        release, chart, VALUES, timeout=300, description="c-1\n--wait", dry_run=True
    ) == (
        *("upgrade", "cilium", "cilium", "--repo", "https://charts.example", "--version", "1.18.6"),
        *("--values", "/private/values.json", "--reset-values", "--history-max", "20"),
        *("--timeout", "300s", "--description", "cilium-oncall: c-1 --wait", "--hide-notes"),
        *("--dry-run=server", "--namespace", "kube-system", "--output", "json"),
    )


def test_versions_are_ordered_as_numbers() -> None:
    texts = ["1.9.18", "1.18.10", "1.18.9", "1.19.0-rc.1", "1.19.0"]
    ordered = sorted(ChartVersion.of(text) for text in texts)
    assert [str(one) for one in ordered] == ["1.9.18", "1.18.9", "1.18.10", "1.19.0-rc.1", "1.19.0"]
