"""TLS to the API server: what is trusted, and that nothing is sent to what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.clients.kubernetes.pod_ref import PodRef
from bot.model.errors import Unreachable, Untrusted
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.certificates import NAME, Certificates
from tests.clients.kubernetes.serving import answering, serving, text, using, write_kubeconfig

PATH = "/api/v1/nodes"


async def test_the_right_authority_is_trusted_for_requests_and_exec(
    tmp_path: Path, certificates: Certificates
) -> None:
    async with SimulatedCluster(2, ssl_context=certificates.server()) as simulated:
        authority = Path(certificates["ca.pem"])
        kubeconfig = simulated.write_kubeconfig(tmp_path / "config", ca_file=authority)
        async with using(kubeconfig) as cluster:
            assert await cluster.reads.node_names() == ["node-1", "node-2"]
            pods = await cluster.reads.pods("kube-system", "k8s-app=cilium", node="node-1")
            agent = PodRef.of(pods.items[0])
            argv = ("cilium-dbg", "status", "--brief")
            executed = await cluster.pod_exec.run(agent, "cilium-agent", argv)
            assert (executed.exit_code, executed.stdout) == (0, b"OK\n")


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"certificate_authority": "stranger.pem"}, "certificate verify failed|unable to get"),
        ({}, "unable to get local issuer|self.signed"),
        (
            {"certificate_authority": "ca.pem", "tls_server_name": "other.test"},
            "Hostname mismatch",
        ),
    ],
)
async def test_nothing_is_sent_to_a_server_that_is_not_trusted(
    tmp_path: Path, certificates: Certificates, described: dict[str, str], reason: str
) -> None:
    if "certificate_authority" in described:
        authority = certificates[described["certificate_authority"]]
        described = {**described, "certificate_authority": authority}
    async with serving(answering(text("{}")), certificates.server()) as served:
        path = write_kubeconfig(tmp_path / "config", served.url, **described)
        async with using(path) as cluster:
            with pytest.raises(Untrusted, match=reason) as caught:
                await cluster.api.get(PATH)
            assert "certificate-authority" in caught.value.hint
            pod = PodRef("kube-system", "cilium-x", "uid", "node-1")  # seen just now: no get
            with pytest.raises(Untrusted, match=reason):
                await cluster.pod_exec.run(pod, "cilium-agent", ("cilium", "status"))
        assert served.requests == []


async def test_a_server_name_of_the_kubeconfig_is_the_one_checked(
    tmp_path: Path, certificates: Certificates
) -> None:
    async with serving(answering(text("{}")), certificates.server()) as served:
        path = write_kubeconfig(
            tmp_path / "config",
            served.url.replace("127.0.0.1", "localhost"),
            certificate_authority=certificates["ca.pem"],
            tls_server_name=NAME,
        )
        async with using(path) as cluster:
            assert await cluster.api.get(PATH) == b"{}"


async def test_verification_is_skipped_where_the_kubeconfig_says_so(
    tmp_path: Path, certificates: Certificates
) -> None:
    async with serving(answering(text("{}")), certificates.server()) as served:
        path = write_kubeconfig(tmp_path / "config", served.url, insecure_skip_tls_verify=True)
        async with using(path) as cluster:
            assert await cluster.api.get(PATH) == b"{}"


async def test_a_client_certificate_is_shown(tmp_path: Path, certificates: Certificates) -> None:
    async def who(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        subject = request.transport.get_extra_info("peercert")["subject"]
        return web.Response(text=subject[0][0][1])

    user = {
        "client-certificate": certificates["client.pem"],
        "client-key": certificates["client.key"],
    }
    async with serving(who, certificates.server(asks_for_client=True)) as served:
        authority = certificates["ca.pem"]
        path = write_kubeconfig(
            tmp_path / "config", served.url, user, certificate_authority=authority
        )
        async with using(path) as cluster:
            assert await cluster.api.get(PATH) == b"client"


async def test_plain_http_where_tls_is_expected(tmp_path: Path) -> None:
    async with serving(answering(text("{}"))) as served:
        address = served.url.replace("http:", "https:")
        async with using(write_kubeconfig(tmp_path / "config", address)) as cluster:
            with pytest.raises(Untrusted, match="does not speak TLS as expected") as caught:
                await cluster.api.get(PATH)
            assert caught.value.hint == "Check the server address in the kubeconfig."
        assert served.requests == []


async def test_tls_where_plain_http_is_expected(
    tmp_path: Path, certificates: Certificates, caplog: Any
) -> None:
    async with serving(answering(text("{}")), certificates.server()) as served:
        address = served.url.replace("https:", "http:")
        async with using(write_kubeconfig(tmp_path / "config", address)) as cluster:
            with pytest.raises(Unreachable):
                await cluster.api.get(PATH, attempts=1)
