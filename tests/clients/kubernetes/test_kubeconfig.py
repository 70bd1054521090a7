"""Kubeconfig files: which are read, and one sentence for each thing that can be wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.clients.kubernetes.connection import ClusterAddress, connect, context_name
from bot.model.errors import ConfigurationError
from tests.clients.kubernetes.serving import write_kubeconfig


def written(path: Path, **document: Any) -> Path:
    path.write_text(yaml.safe_dump({key.replace("_", "-"): document[key] for key in document}))
    return path


def cluster(name: str, server: str) -> dict[str, Any]:
    return {"name": name, "cluster": {"server": server}}


def context(name: str, **content: str) -> dict[str, Any]:
    return {"name": name, "context": {"cluster": name, **content}}


async def refusal(path: Path | None, name: str | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        await connect(ClusterAddress(path, name))
    return caught.value


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = await refusal(tmp_path / "nowhere")
    assert error.message == f"There is no kubeconfig at {tmp_path / 'nowhere'}."
    assert "KUBECONFIG" in error.hint


async def test_a_missing_file_from_the_variable_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    error = await refusal(None)
    assert "It is named by the KUBECONFIG variable." in error.hint
    monkeypatch.setenv("KUBECONFIG", os.pathsep)
    assert "There is no kubeconfig" in (await refusal(None)).message


async def test_without_any_the_demo_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    error = await refusal(None)
    assert str(tmp_path / ".kube" / "config") in error.message
    assert "cilium-oncall demo" in error.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"clusters: [\n  {a: 1\n", "is not YAML (line"),
        (b"[" * 10_000, "is not YAML"),
        (b"\x80\x81", "is not YAML"),
        (b"", "is not a kubeconfig"),
        (b"hello", "is not a kubeconfig"),
        (b"- a\n- b\n", "is not a kubeconfig"),
        (b"{}", "No context is current in"),
        (b"current-context: ''\n", "No context is current in"),
        (b"current-context: prod\n", "There is no context 'prod' in"),
        (b"current-context: prod\ncontexts: 7\n", "There is no context 'prod' in"),
        (b"current-context: prod\ncontexts: [7, {}, {name: pro}]\n", "There is no context"),
        (b"current-context: prod\ncontexts: [{name: prod}]\n", "names no cluster"),
    ],
)
async def test_a_file_that_says_nothing_useful_is_named(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    error = await refusal(path)
    assert message in error.message
    assert str(path) in error.message
    assert error.hint
    assert "\n" not in str(error)


async def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "config")

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert (await refusal(path)).message == f"Cannot read the kubeconfig {path}: Permission denied."


async def test_an_unknown_context_gets_the_nearest(tmp_path: Path) -> None:
    names = ["prod-eu", "prod-us", "staging"]
    path = written(tmp_path / "config", contexts=[context(name) for name in names])
    error = await refusal(path, "prod-eus")
    assert error.message == f"There is no context 'prod-eus' in {path}."
    assert error.hint.startswith("Did you mean prod-us or prod-eu")
    error = await refusal(path, "zzz")
    assert error.hint == "It has: prod-eu, prod-us, staging."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"cluster": "prud"}, "names the cluster 'prud', which is not there"),
        ({"cluster": "prod", "user": "anna"}, "names the user 'anna', which is not there"),
    ],
)
async def test_what_a_context_names_must_be_there(
    tmp_path: Path, content: dict[str, str], message: str
) -> None:
    path = written(
        tmp_path / "config",
        clusters=[cluster("prod", "https://10.0.0.1:6443")],
        users=[{"name": "ana", "user": {}}],
        contexts=[{"name": "here", "context": content}],
        current_context="here",
    )
    error = await refusal(path)
    assert message in error.message
    assert "Did you mean" in error.hint


@pytest.mark.parametrize(
    "server",
    ["", "10.0.0.1:6443", "ftp://10.0.0.1", "https://", "prod", "https://[::1", "https://a:99999"],
)
async def test_a_server_that_is_no_url_is_shown(tmp_path: Path, server: str) -> None:
    error = await refusal(write_kubeconfig(tmp_path / "config", server))
    assert f"is no URL: {server!r}." in error.message


async def test_a_password_in_the_server_is_not_shown(tmp_path: Path) -> None:
    error = await refusal(write_kubeconfig(tmp_path / "config", "https://ana:secret@a.test"))
    assert "has a user name in it" in error.message
    assert "secret" not in str(error)


async def test_a_context_without_a_user_connects_without_credentials(tmp_path: Path) -> None:
    path = written(
        tmp_path / "config",
        clusters=[cluster("open", "https://10.0.0.1:6443")],
        contexts=[context("open")],
        current_context="open",
    )
    connection = await connect(ClusterAddress(path))
    assert connection.server == "https://10.0.0.1:6443"
    assert await connection.headers() == {}


async def test_of_several_files_the_first_that_says_something_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(
        tmp_path / "first",
        clusters=[cluster("a", "https://a.test")],
        contexts=[context("a", user="u")],
        current_context="a",
    )
    second = written(
        tmp_path / "second",
        clusters=[cluster("a", "https://other.test"), cluster("b", "https://b.test")],
        users=[{"name": "u", "user": {"token": "t"}}],
        contexts=[context("b")],
        current_context="b",
    )
    files = [tmp_path / "missing", first, second]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    address = ClusterAddress()
    connection = await connect(address)
    assert context_name(address) == "a"
    assert connection.server == "https://a.test"
    assert await connection.headers() == {"authorization": "Bearer t"}
    assert (await connect(ClusterAddress(context="b"))).server == "https://b.test"


async def test_paths_are_relative_to_the_file_they_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "clusters"
    folder.mkdir()
    (folder / "token").write_text("from-file\n")
    path = write_kubeconfig(folder / "config", "https://a.test", {"tokenFile": "token"})
    monkeypatch.chdir(tmp_path)
    relative = path.relative_to(tmp_path)
    connection = await connect(ClusterAddress(relative))
    assert await connection.headers() == {"authorization": "Bearer from-file"}


@pytest.mark.parametrize(
    ("user", "described"),
    [
        ({"tokenFile": "nowhere"}, {}),
        ({"client-certificate": "nowhere", "client-key": "nowhere"}, {}),
        ({}, {"certificate_authority": "nowhere"}),
        ({}, {"certificate_authority_data": "bm90IGEgY2VydGlmaWNhdGU="}),
        ({}, {"certificate_authority_data": "%%%"}),
    ],
)
async def test_credentials_that_cannot_be_read_name_the_file(
    tmp_path: Path, user: dict[str, str], described: dict[str, str]
) -> None:
    path = write_kubeconfig(tmp_path / "config", "https://a.test", user, **described)
    error = await refusal(path)
    assert error.message.startswith(f"Cannot use {path}: ")
    assert error.hint == "Try the same with `kubectl get nodes`."


async def test_a_token_file_is_read_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    path = write_kubeconfig(tmp_path / "config", "https://a.test", {"tokenFile": "token"})
    connection = await connect(ClusterAddress(path))
    assert await connection.headers() == {"authorization": "Bearer abc"}


async def test_user_and_password_become_a_basic_header(tmp_path: Path) -> None:
    user = {"username": "ana", "password": "p"}
    path = write_kubeconfig(tmp_path / "config", "https://a.test", user)
    connection = await connect(ClusterAddress(path))
    assert await connection.headers() == {"authorization": "Basic YW5hOnA="}
