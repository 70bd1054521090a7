"""The kubeconfig for a program of ours: this cluster alone, credentials as they are now."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes.connection import ClusterAddress, connect
from bot.clients.kubernetes.handed_on import kubeconfig_of
from tests.clients.kubernetes.certificates import Certificates
from tests.clients.kubernetes.serving import write_kubeconfig

SERVER = "https://10.0.0.1:6443"


async def handed(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    document = await kubeconfig_of(await connect(ClusterAddress(path)))
    (cluster,), (user,) = document["clusters"], document["users"]
    assert document["current-context"] == document["contexts"][0]["name"]
    return cluster["cluster"], user["user"]


async def test_a_token_and_an_authority(tmp_path: Path, certificates: Certificates) -> None:
    path = write_kubeconfig(
        tmp_path / "k", SERVER, {"token": "t0ken\n"},
        certificate_authority=certificates["ca.pem"], tls_server_name="api.cluster.test",
        proxy_url="http://proxy:3128",
    )  # fmt: skip
    cluster, user = await handed(path)
    assert user == {"token": "t0ken"}
    authority = base64.b64decode(cluster.pop("certificate-authority-data")).decode()
    assert authority == certificates.read("ca.pem")
    assert cluster == {
        "server": SERVER,
        "tls-server-name": "api.cluster.test",
        "proxy-url": "http://proxy:3128",
    }


async def test_a_client_certificate(tmp_path: Path, certificates: Certificates) -> None:
    user_in = {
        "client-certificate": certificates["client.pem"],
        "client-key": certificates["client.key"],
    }
    path = write_kubeconfig(tmp_path / "k", SERVER, user_in, insecure_skip_tls_verify=True)
    cluster, user = await handed(path)
    assert cluster == {"server": SERVER, "insecure-skip-tls-verify": True}
    read = {name: base64.b64decode(value).decode() for name, value in user.items()}
    assert read == {
        "client-certificate-data": certificates.read("client.pem"),
        "client-key-data": certificates.read("client.key"),
    }


async def test_a_password(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "k", SERVER, {"username": "ana", "password": "hun:ter2"})
    assert (await handed(path))[1] == {"username": "ana", "password": "hun:ter2"}


async def test_a_plugin_has_run_by_then(tmp_path: Path) -> None:
    plugin = tmp_path / "login"
    answer = json.dumps({"kind": "ExecCredential", "status": {"token": "fresh"}})
    plugin.write_text(f"#!{sys.executable}\nprint({answer!r})\n")
    plugin.chmod(0o755)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    assert (await handed(write_kubeconfig(tmp_path / "k", SERVER, user)))[1] == {"token": "fresh"}


@pytest.mark.parametrize("server", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/as/t0ken"])
async def test_a_server_without_tls_stays_as_it_is(tmp_path: Path, server: str) -> None:
    cluster, _ = await handed(write_kubeconfig(tmp_path / "k", server))
    assert cluster == {"server": server}
