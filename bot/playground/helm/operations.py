"""What helm does, on the release store: upgrade and rollback, as Helm 4.1.4 was seen to do them.

A record is stored as pending before anything is applied, and as deployed or failed afterwards: who
is killed in between leaves it pending. Nothing that was applied is undone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from .api import Api, Failed
from .charts import Chart
from .records import Record, manifest_of, objects_in
from .templates import TemplateFailed
from .values import Values

UPGRADE_FAILED = "UPGRADE FAILED: "


def history(api: Api, release: str) -> list[Record]:
    """All records of a release, oldest first; fails when there is none."""
    found = api.records(f"owner=helm,name={release}")
    if not found:
        raise Failed("release: not found")
    return found


def at(api: Api, release: str, revision: int | None) -> Record:
    """One record: the newest, or the one of that number."""
    found = history(api, release)
    if revision is None:
        return found[-1]
    for record in found:
        if record.number == revision:
            return record
    raise Failed("release: not found")


def upgrade(
    api: Api,
    release: str,
    namespace: str,
    chart: Chart,
    values: Values,
    *,
    description: str,
    history_max: int,
    dry_run: bool,
) -> Record:
    """Make a release consist of ``chart`` with ``values``."""
    past = api.records(f"owner=helm,name={release}")
    if not any(record.status in ("deployed", "failed") for record in past):
        raise Failed(f'{UPGRADE_FAILED}"{release}" has no deployed releases')
    if past[-1].status.startswith("pending-"):
        raise Failed(f"{UPGRADE_FAILED}another operation (install/upgrade/rollback) is in progress")
    try:
        manifest = manifest_of(chart, values, namespace, release)
    except TemplateFailed as refusal:
        raise Failed(
            f"{UPGRADE_FAILED}execution error at (cilium/templates/validate.yaml:2:3): {refusal}"
        ) from None
    made = Record(
        number=past[-1].number + 1,
        status="pending-upgrade",
        chart=chart,
        values=values,
        first_deployed=past[0].first_deployed,
        last_deployed=_now(),
        description="Dry run complete" if dry_run else "Preparing upgrade",
        manifest=manifest,
        name=release,
        namespace=namespace,
    )
    if dry_run:
        return made
    done = description or "Upgrade complete"
    return _carry_out(api, past, made, done, UPGRADE_FAILED, history_max)


def rollback(
    api: Api, release: str, revision: int, *, history_max: int, dry_run: bool
) -> Record | None:
    """Make a release consist of what an earlier revision did."""
    past = api.records(f"owner=helm,name={release}")
    if not past:
        raise Failed("release: not found")
    target = next((record for record in past if record.number == revision), None)
    if target is None:
        raise Failed(f"release has no {revision} version")
    made = replace(
        target,
        number=past[-1].number + 1,
        status="pending-rollback",
        last_deployed=_now(),
        description=f"Rollback to {revision}",
    )
    if dry_run:
        return None
    return _carry_out(api, past, made, made.description, "", history_max)


def _carry_out(
    api: Api, past: list[Record], made: Record, done: str, failing: str, history_max: int
) -> Record:
    for oldest in _too_old(past, history_max):
        api.drop(oldest)
    api.keep(made, new=True)
    try:
        _apply(api, made, before=past[-1])
    except Failed as failure:
        told = (
            f'Upgrade "{made.name}" failed: {failure}' if failing else f"Rollback failed: {failure}"
        )
        api.keep(replace(made, status="failed", description=told), new=False)
        raise Failed(f"{failing}{failure}") from None
    for record in past:
        if record.status == "deployed":
            api.keep(replace(record, status="superseded"), new=False)
    finished = replace(made, status="deployed", description=done)
    api.keep(finished, new=False)
    return finished


def _too_old(past: list[Record], history_max: int) -> list[Record]:
    """The oldest records, so that the new one fits; what is deployed stays."""
    spare = len(past) + 1 - history_max if history_max else 0
    return [record for record in past if record.status != "deployed"][: max(0, spare)]


def _apply(api: Api, made: Record, *, before: Record) -> None:
    """Everything is tried, and the first failure told: it is not all or nothing."""
    wanted = {
        (thing["kind"], thing["metadata"]["name"]): thing for thing in objects_in(made.manifest)
    }
    steps = [partial(api.apply, thing, made.name) for thing in wanted.values()]
    for thing in objects_in(before.manifest):
        kind, name = thing["kind"], thing["metadata"]["name"]
        if (kind, name) not in wanted:
            steps.append(partial(api.delete, kind, name))
    failures: list[Failed] = []
    for step in steps:
        try:
            step()
        except Failed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
