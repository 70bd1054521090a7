"""``python -m bot.playground.helm``: the commands of Helm 4 that the bot uses, on its own terms.

It says what it is in its version, and refuses every option that is not listed here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from . import operations
from .api import Api, Failed
from .charts import Chart
from .finding import find
from .records import Record, manifest_of
from .templates import TemplateFailed
from .values import Values, merged

VERSION = "v4.1.4+playground"
NAMESPACE = click.option("--namespace", default="default")
REVISION = click.option("--revision", type=int)
OUTPUT = click.option("--output", type=click.Choice(["json"]), required=True)
CHART = (
    click.option("--repo", default=""),
    click.option("--version", "chart_version", default=""),
    click.option("--values", "values_file", type=click.Path(path_type=Path)),
)


@click.group()
def main() -> None:
    """The playground's helm."""


@main.command()
@click.option("--template")
def version(template: str) -> None:
    """Which version this stands for."""
    _put(VERSION)


@main.command("list")
@NAMESPACE
@OUTPUT
def list_(namespace: str, output: str) -> None:
    """The newest record of each release."""
    newest = {record.name: record for record in Api(namespace).records("owner=helm")}
    rows = []
    for record in newest.values():
        updated = record.last_deployed.replace("T", " ").replace("Z", " +0000 UTC")
        row = _row(record) | {"name": record.name, "namespace": namespace}
        rows.append(row | {"revision": str(record.number), "updated": updated})
    _put_json(rows)


@main.command()
@click.argument("release")
@NAMESPACE
@click.option("--max", "most", type=int, default=256)
@OUTPUT
def history(release: str, namespace: str, most: int, output: str) -> None:
    """All records of a release."""
    _put_json([_row(one) for one in operations.history(Api(namespace), release)[-most:]])


@main.command()
@click.argument("release")
@NAMESPACE
@OUTPUT
def status(release: str, namespace: str, output: str) -> None:
    """The newest record of a release."""
    _put_json(operations.at(Api(namespace), release, None).release())


@main.group()
def get() -> None:
    """Parts of a record."""


@get.command()
@click.argument("release")
@NAMESPACE
@REVISION
@click.option("--all", "computed", is_flag=True)
@OUTPUT
def values(release: str, namespace: str, revision: int | None, computed: bool, output: str) -> None:
    """What a person set, or all."""
    record = operations.at(Api(namespace), release, revision)
    found = merged(record.chart.values, record.values) if computed else record.values
    _put_json(found or None)


@get.command()
@click.argument("release")
@NAMESPACE
@REVISION
def manifest(release: str, namespace: str, revision: int | None) -> None:
    """What it consists of."""
    _put(operations.at(Api(namespace), release, revision).manifest)


@get.command()
@click.argument("release")
@NAMESPACE
@REVISION
@OUTPUT
def metadata(release: str, namespace: str, revision: int | None, output: str) -> None:
    """Chart, version, state."""
    record = operations.at(Api(namespace), release, revision)
    _put_json(
        {
            "name": record.name,
            "chart": record.chart.metadata["name"],
            "version": record.chart.version,
            "appVersion": record.chart.version,
            "namespace": namespace,
            "revision": record.number,
            "status": record.status,
            "deployedAt": record.last_deployed,
        }
    )


def _with_chart(command: Any) -> Any:
    for option in CHART:
        command = option(command)
    return command


@main.command()
@click.argument("release")
@click.argument("chart")
@_with_chart
@NAMESPACE
@click.option("--is-upgrade", is_flag=True)
@click.option("--kube-version", default="")
@click.option("--api-versions", multiple=True)
def template(
    release: str,
    chart: str,
    repo: str,
    chart_version: str,
    values_file: Path | None,
    namespace: str,
    **ignored: object,
) -> None:
    """What a chart would consist of."""
    found = find(chart, repo, chart_version)
    try:
        _put(manifest_of(found, _values(values_file), namespace, release))
    except TemplateFailed as refusal:
        raise Failed(
            f"execution error at (cilium/templates/validate.yaml:2:3): {refusal}"
        ) from None


@main.command()
@click.argument("release")
@click.argument("chart")
@_with_chart
@NAMESPACE
@click.option("--reset-values", is_flag=True)
@click.option("--history-max", type=int, default=10)
@click.option("--timeout")
@click.option("--description", default="")
@click.option("--hide-notes", is_flag=True)
@click.option("--dry-run", type=click.Choice(["server", "none"]), default="none")
@OUTPUT
def upgrade(
    release: str,
    chart: str,
    repo: str,
    chart_version: str,
    values_file: Path | None,
    namespace: str,
    reset_values: bool,
    history_max: int,
    description: str,
    dry_run: str,
    **ignored: object,
) -> None:
    """Make a release consist of a chart."""
    api, given = Api(namespace), _values(values_file)
    found: Chart = find(chart, repo, chart_version)
    if not given and not reset_values:
        given = operations.at(api, release, None).values
    made = operations.upgrade(
        api, release, namespace, found, given,
        description=description, history_max=history_max, dry_run=dry_run == "server",
    )  # fmt: skip
    _put_json(made.release())


@main.command()
@click.argument("release")
@click.argument("revision", type=int)
@NAMESPACE
@click.option("--history-max", type=int, default=10)
@click.option("--timeout")
@click.option("--dry-run", type=click.Choice(["server", "none"]), default="none")
def rollback(
    release: str, revision: int, namespace: str, history_max: int, dry_run: str, **ignored: object
) -> None:
    """Make a release consist of what it did before."""
    operations.rollback(
        Api(namespace), release, revision, history_max=history_max, dry_run=dry_run == "server"
    )
    _put("Rollback was a success! Happy Helming!\n")


def _row(record: Record) -> dict[str, Any]:
    return {
        "revision": record.number,
        "updated": record.last_deployed,
        "status": record.status,
        "chart": f"{record.chart.metadata['name']}-{record.chart.version}",
        "app_version": record.chart.version,
        "description": record.description,
    }


def _values(path: Path | None) -> Values:
    read: Values | None = msgspec.yaml.decode(path.read_bytes()) if path else None
    return read or {}


def _put_json(value: Any) -> None:
    _put(msgspec.json.encode(value).decode() + "\n")


def _put(text: str) -> None:
    sys.stdout.write(text)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except click.ClickException as wrong:
        sys.exit(f"Error: {wrong.format_message()}")
    except Failed as failure:
        sys.exit(f"Error: {failure}")
