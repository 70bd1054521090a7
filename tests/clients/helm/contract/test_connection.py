"""Over TLS with a token: what helm gets, and what nobody else sees."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from bot.clients.helm import process
from bot.clients.helm.helm import Helm
from bot.model.errors import ConfigurationError, Denied, Untrusted
from bot.playground.cluster import SimulatedCluster
from tests.clients.helm.contract.conftest import CILIUM, Bench
from tests.clients.helm.programs import KINDS, program
from tests.clients.kubernetes.certificates import Certificates
from tests.clients.kubernetes.serving import using


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_over_tls_and_never_in_its_arguments(
    kind: str, tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[tuple[str, ...], dict[str, str]]] = []
    starting = asyncio.create_subprocess_exec

    async def noting(*argv: str, **options: object) -> asyncio.subprocess.Process:
        started.append((argv, dict(options["env"])))  # type: ignore[call-overload]
        return await starting(*argv, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(process.asyncio, "create_subprocess_exec", noting)
    binary = program(kind, tmp_path)
    async with SimulatedCluster(1, time_scale=100, ssl_context=certificates.server()) as simulated:
        authority = Path(certificates["ca.pem"])
        admin = simulated.write_kubeconfig(tmp_path / "admin", ca_file=authority)
        async with using(admin) as cluster:
            assert len(await Helm(cluster.api, str(binary)).history(CILIUM)) == 3
        for argv, environment in started:
            assert simulated.token not in str(argv)
            assert simulated.token not in str(environment.values())

        nobody = simulated.add_user("nobody", [])
        limited = simulated.write_kubeconfig(
            tmp_path / "nobody", ca_file=authority, token=nobody.token
        )
        async with using(limited) as cluster:
            with pytest.raises(Denied, match="secrets is forbidden"):
                await Helm(cluster.api, str(binary)).history(CILIUM)

        stranger = simulated.write_kubeconfig(
            tmp_path / "stranger", ca_file=Path(certificates["stranger.pem"])
        )
        async with using(stranger) as cluster:
            with pytest.raises(Untrusted):
                await Helm(cluster.api, str(binary)).history(CILIUM)


async def test_never_two_of_ours_on_one_release(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most = 0, 0
    starting = asyncio.create_subprocess_exec

    async def noting(*argv: str, **options: object) -> asyncio.subprocess.Process:
        nonlocal at_work, most
        started = await starting(*argv, **options)  # type: ignore[arg-type]
        if "rollback" in argv:
            at_work += 1
            most = max(most, at_work)
            waiting = started.wait

            async def ended() -> int:
                nonlocal at_work
                code = await waiting()
                at_work -= 1
                return code

            monkeypatch.setattr(started, "wait", ended)
        return started

    monkeypatch.setattr(process.asyncio, "create_subprocess_exec", noting)
    await asyncio.gather(*(bench.helm.rollback(CILIUM, 2) for _ in range(3)))
    assert most == 1
    assert [one.number for one in await bench.releases.history(CILIUM)] == [1, 2, 3, 4, 5, 6]


async def test_nothing_is_left_behind(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    await bench.helm.history(CILIUM)
    await bench.helm.upgrade(CILIUM, bench.offered("1.18.6"), {}, description="x", dry_run=True)
    assert list(own.iterdir()) == []


@pytest.mark.parametrize("said", ["v3.18.4", "nonsense", ""])
async def test_another_helm_is_refused_with_what_to_do(
    said: str, bench: Bench, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\n")
    other.chmod(0o755)
    with pytest.raises(ConfigurationError, match="it needs Helm 4") as refusal:
        await Helm(bench.cluster.api, str(other)).history(CILIUM)
    assert "helm.program" in refusal.value.hint
