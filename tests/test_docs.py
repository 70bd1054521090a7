"""What the documents say is so: examples run, commands parse, tables name what is there."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import click
import msgspec
import pytest

from bot.app import build_executor, close
from bot.cli import cli
from bot.clients.kubernetes.connection import ClusterAddress
from bot.engine.executor import Executor
from bot.engine.grammar import parse, words
from bot.engine.registry import Registry
from bot.model.change import ChangeState
from bot.model.document import RunDocument
from bot.model.errors import OncallError
from bot.model.report import Verdict
from bot.model.run import Door, Progress, Requester, RunRecord
from bot.playground.cluster import SimulatedCluster
from bot.settings import Limits
from runbooks import catalogue
from tests.clients.kubernetes.serving import using
from tests.runbooks.changing import changing

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of a document in one language."""
    return [text for tag, text in _BLOCK.findall(read(name)) if tag == language]


class Silent:
    """A reporter that nobody listens to."""

    async def refused(self, error: OncallError) -> None:
        raise error

    async def started(self, record: RunRecord) -> None: ...

    def progressed(self, record: RunRecord, progress: Progress) -> None: ...

    async def finished(self, record: RunRecord) -> None: ...


async def test_runbook_of_contributing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = [text for text in blocks("CONTRIBUTING.md", "python") if "@runbook" in text]
    module = ModuleType("kernels_of_contributing")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, "CONTRIBUTING.md", "exec"), vars(module))  # noqa: S102  our own document
    registry = Registry.of([module])

    async with SimulatedCluster(3) as cluster:
        old = cluster.objects.get("nodes", "node-2")
        old["status"]["nodeInfo"]["kernelVersion"] = "4.19.0-27-amd64"
        cluster.objects.put("nodes", old)
        kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig", context="lab")
        lab = {"lab": (ClusterAddress(kubeconfig, "lab"), "kube-system")}
        clusters = build_executor(lab, Limits())
        executor = Executor(registry, clusters.clusters)
        try:
            for text, verdict in (("kernels", Verdict.DEGRADED), ("kernels node-1", Verdict.OK)):
                command = parse(registry, words(text))
                record = await executor.start_here(
                    command, "lab", Requester(door=Door.TERMINAL, id="test"), Silent()
                )
                assert record.report is not None, record.error
                assert record.report.verdict is verdict
                found = [str(finding.subject) for finding in record.report.findings]
                assert found == (["node-2"] if text == "kernels" else [])
        finally:
            await close(clusters)


async def test_remedy_of_contributing_is_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = [text for text in blocks("CONTRIBUTING.md", "python") if "@remedy" in text]
    module = ModuleType("restart_of_contributing")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, "CONTRIBUTING.md", "exec"), vars(module))  # noqa: S102  our own document
    (entry,) = Registry.of([module]).remedies

    async with SimulatedCluster(3, time_scale=100) as simulated:
        kubeconfig = simulated.write_kubeconfig(tmp_path / "kubeconfig")
        async with (
            using(kubeconfig) as cluster,
            changing(simulated, cluster, tmp_path, entry.kind) as house,
        ):
            change = await house.carried(entry.name)
            assert change.state is ChangeState.DONE, change.outcome
            assert house.effects("deployments") == ["patch"]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/operations.md",
                                      "docs/alerts.md", "docs/report-json.md", "docs/settings.md",
                                      "docs/terminal-changes.md"])  # fmt: skip
def test_every_command_line_shown_parses(document: str) -> None:
    for line in shown_commands(document):
        before, *argv = shlex.split(line.partition("|")[0], comments=True)
        while before != "cilium-oncall":
            assert re.fullmatch(r"[A-Z_]+=.*", before), line
            before, *argv = argv
        name, *rest = argv
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, line
        context = command.make_context(name, list(rest), resilient_parsing=False)
        if name in catalogue.registry() and "words" in context.params:
            parse(catalogue.registry(), [name, *context.params["words"]])


def shown_commands(document: str) -> list[str]:
    fenced = [line for _, text in _BLOCK.findall(read(document)) for line in text.splitlines()]
    plain = [line.removeprefix("$ ").strip() for line in fenced]
    return [line for line in plain if re.match(r"(?:[A-Z_]+=\S+ )*cilium-oncall [a-z]", line)]


def test_readme_shows_commands_at_all() -> None:
    assert len(shown_commands("README.md")) >= 6


def test_every_slash_command_shown_parses() -> None:
    shown = re.findall(r"/cilium (status[^`\n\"]*)", read("README.md"))
    assert shown
    for text in shown:
        parse(catalogue.registry(), words(text))


def test_example_of_report_json_is_a_document() -> None:
    (example,) = blocks("docs/report-json.md", "json")
    document = msgspec.json.decode(example, type=RunDocument, strict=True)
    assert msgspec.json.decode(msgspec.json.encode(document)) == msgspec.json.decode(example)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    section = read("docs/architecture.md").partition("## Dependencies")[2]
    rows = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"[A-Za-z][\w-]+", row)}
    needed = {re.split(r"[<>=\[]", requirement)[0] for requirement in wanted} - {"cilium-oncall"}
    assert sorted(needed - listed) == []
    words_beside = {"package", "build", "dev"}
    assert sorted(listed - needed - words_beside) == [], "rows of what is not used any more"


def test_every_file_that_shows_a_defence_is_there() -> None:
    rows = [line for line in read("docs/security.md").splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(tests/[^`]*)`", row.split("|")[4])]
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_relative_link_leads_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
