"""Bad input: one sentence that says which, and what to do; exit code 2 and nothing executed."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster
from tests.terminal.shell import Shell

USAGE = "Usage: cilium-oncall status [NODE] [--deep]"

NOT_UNDERSTOOD = [
    (["stauts"], "There is no command 'stauts'. Did you mean status?"),
    (["status", "--dep"], "There is no option '--dep'. Did you mean --deep?"),
    (["status", "node-7", "node-8"], "'node-8' is one argument too many for status."),
    (["status", "--cluster", "labb"], "There is no cluster 'labb'. Did you mean lab?"),
    (["status", "--deadline", "soon"], "'soon' is not a duration, such as 90s, 15m or 1h30m."),
    (["status", "node-77"], "There is no node 'node-77' in lab. Did you mean node-7"),
    (["status", "node-7; rm -rf /"], "'node-7; rm -rf /' is not a node name"),
    (["status", "$(reboot)"], "'$(reboot)' is not a node name"),
    (["status", "node-🔥"], "is not a node name"),
    (["status", "\u202enode-7"], "invisible character (RIGHT-TO-LEFT OVERRIDE)"),
    (["status", "\x1b[2Jnode-7"], "invisible character"),
    (["status", "n" * 4000], "That is 4,000 characters; a command has at most 500."),
    (["status", "--context", "labb"], "There is no context 'labb' in"),
    (["status", "--kubeconfig", "nowhere"], "There is no kubeconfig at nowhere."),
    (["status", "--config", "nowhere.yaml"], "nowhere.yaml: no such file"),
]


async def test_every_refusal_is_a_sentence_with_exit_code_2(shell: Shell) -> None:
    for begin in range(0, len(NOT_UNDERSTOOD), 4):
        some = NOT_UNDERSTOOD[begin : begin + 4]
        all_ended = await asyncio.gather(*(shell.run(*words) for words, _ in some))
        for (words, sentence), ended in zip(some, all_ended, strict=True):
            assert (ended.code, ended.out) == (2, ""), (words, ended)
            first, *rest = ended.err.strip().splitlines()
            assert first.startswith("Error: "), ended.err
            assert sentence in first
            assert rest in ([], [USAGE]), ended.err
            assert first.isprintable()
    assert shell.cluster.requests["get", "", "pods", "exec"] == 0
    assert shell.cluster.ledger == []


async def test_no_kubeconfig_at_all_names_the_ways_out(shell: Shell) -> None:
    shell.kubeconfig.unlink()
    ended = await shell.run("status", KUBECONFIG="")
    assert ended.code == 2
    sentence = ended.said_in_one_sentence()
    assert "There is no kubeconfig at" in sentence
    assert "cilium-oncall demo" in sentence


async def test_kubeconfig_that_is_none_is_one_sentence(shell: Shell) -> None:
    for content in ("{", "current-context: lab\n", "\x00\x01"):
        shell.kubeconfig.write_text(content)
        ended = await shell.run("status")
        assert ended.code == 2, (content, ended)
        assert str(shell.kubeconfig) in ended.said_in_one_sentence()


async def test_api_server_that_cannot_be_reached_is_one_sentence(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    text = shell.kubeconfig.read_text().replace(shell.cluster.url, f"http://127.0.0.1:{port}")
    shell.kubeconfig.write_text(text)
    ended = await shell.run("status", "--deadline", "2s")
    assert (ended.code, ended.err) == (3, "")
    first = ended.out.splitlines()[0]
    assert first.startswith("? UNKNOWN")
    assert f"127.0.0.1:{port} cannot be reached" in first
    assert "VPN" in first


async def test_forbidden_verb_names_the_verb_and_the_resource(shell: Shell) -> None:
    reader = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}
    user = shell.cluster.add_user("reader", [{**reader, "namespace": None}])
    shell.cluster.write_kubeconfig(shell.kubeconfig, context="lab", token=user.token)
    ended = await shell.run("status")
    assert ended.code == 3
    assert 'User "reader" cannot list resource' in ended.out
    assert ended.err == ""


async def test_expired_credentials_say_log_in_again(shell: Shell) -> None:
    shell.cluster.write_kubeconfig(shell.kubeconfig, context="lab", token="expired")
    ended = await shell.run("status")
    assert ended.code == 3
    first = ended.out.splitlines()[0]
    assert "does not accept these credentials" in first
    assert "log in again" in first


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")
async def test_wrong_certificate_is_one_sentence_and_nothing_is_sent(tmp_path: Path) -> None:
    certificate, key = await _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with SimulatedCluster(2, ssl_context=context) as cluster:
        shell = Shell(cluster, tmp_path)
        cluster.write_kubeconfig(shell.kubeconfig, context="lab", ca_file=certificate)
        assert (await shell.run("status")).code == 0
        asked = sum(cluster.requests.values())

        cluster.write_kubeconfig(shell.kubeconfig, context="lab")
        ended = await shell.run("status", "--deadline", "2s")
        assert sum(cluster.requests.values()) == asked
    assert (ended.code, ended.err) == (3, "")
    first = ended.out.splitlines()[0]
    assert "certificate of 127.0.0.1" in first
    assert "certificate-authority" in first


async def test_cluster_must_be_chosen_where_there_are_several(shell: Shell) -> None:
    clusters = {name: {"context": "lab"} for name in ("east", "west")}
    config = shell.home / "bot.yaml"
    config.write_text(json.dumps({"clusters": clusters}))
    ended = await shell.run("status", CILIUM_ONCALL_CONFIG=str(config))
    assert ended.code == 2
    assert ended.said_in_one_sentence() == (
        "Error: Which cluster? Add --cluster with one of: east, west."
    )
    chosen = await shell.run("status", "--cluster", "west", "--config", str(config))
    assert (chosen.code, chosen.out.splitlines()[0]) == (0, "✔ OK  Cilium on west")


async def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    making = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
        "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await making.wait() == 0
    return certificate, key
