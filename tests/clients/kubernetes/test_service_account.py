"""The service account of a pod: its files, and what is said outside a cluster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.config import incluster_config

from bot.clients.kubernetes.connection import ClusterAddress, connect
from bot.model.errors import ConfigurationError
from tests.clients.kubernetes.certificates import Certificates

HERE = ClusterAddress(in_cluster=True)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> Path:
    """The folder with the token of a pod this test seems to run in."""
    (tmp_path / "token").write_text("abc\n")
    for name, value in (("HOST", "10.96.0.1"), ("PORT", "443")):
        monkeypatch.setenv(f"KUBERNETES_SERVICE_{name}", value)
    load = incluster_config.InClusterConfigLoader.__init__

    def from_here(loader: Any, token_filename: str, cert_filename: str, **options: Any) -> None:
        load(loader, str(tmp_path / "token"), certificates["ca.pem"], **options)
        loader._token_refresh_period = timedelta(0)  # a minute, outside of tests

    monkeypatch.setattr(incluster_config.InClusterConfigLoader, "__init__", from_here)
    return tmp_path


async def test_outside_a_cluster_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        await connect(HERE)
    assert caught.value.message.startswith("The pod's service account cannot be used: ")
    assert caught.value.hint == "Remove in_cluster, or run in a pod with a service account."


async def test_in_a_pod_its_token_is_used(pod: Path) -> None:
    connection = await connect(HERE)
    assert connection.server == "https://10.96.0.1:443"
    assert connection.tls is not None
    assert await connection.headers() == {"authorization": "bearer abc"}


async def test_a_renewed_token_file_is_used(pod: Path) -> None:
    connection = await connect(HERE)
    (pod / "token").write_text("def")
    assert await connection.headers() == {"authorization": "bearer def"}


async def test_a_token_that_goes_away_is_a_sentence(pod: Path) -> None:
    connection = await connect(HERE)
    (pod / "token").unlink()
    with pytest.raises(ConfigurationError, match="service account cannot be used"):
        await connection.headers()
