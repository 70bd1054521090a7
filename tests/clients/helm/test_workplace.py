"""The private folder of one run."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from bot.clients.helm.workplace import PREFIX, sweep, workplace


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_reads_it_and_then_it_is_gone() -> None:
    with workplace() as place:
        file = place.keep("kubeconfig", b"secret")
        values = place.keep_values({"a": {"b": 1}})
        assert (mode(place.folder), mode(file), mode(values)) == (0o700, 0o600, 0o600)
        assert values.read_text() == '{"a":{"b":1}}'
    assert not place.folder.exists()


def test_the_environment_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/ana/.kube/config")
    monkeypatch.setenv("HELM_KUBETOKEN", "t0ken")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    with workplace() as place:
        environment = place.environment
    folders = [value for name, value in environment.items() if name.endswith(("HOME", "CONFIG"))]
    assert all(value.startswith(str(place.folder)) for value in folders)
    assert environment["HTTPS_PROXY"] == "http://proxy:3128"
    assert "t0ken" not in environment.values()


def test_what_a_killed_bot_left_is_swept_and_what_is_at_work_is_not(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}left"
    left.mkdir(mode=0o700)
    (left / "lock").touch()
    (left / "kubeconfig").write_text("secret")
    strange = tmp_path / "something-else"
    strange.mkdir()
    with workplace() as place:
        assert not left.exists()
        sweep()
        assert place.folder.exists()
        assert strange.exists()


def test_a_folder_of_somebody_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / "lock").touch()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    sweep()
    assert left.exists()
