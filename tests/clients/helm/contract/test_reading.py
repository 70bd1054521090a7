"""What a release is, asked of helm and read from the Secrets: the same."""

from __future__ import annotations

import pytest

from bot.clients.helm.manifest import objects_of
from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, current
from bot.model.errors import NotFound
from tests.clients.helm.contract.conftest import CILIUM, Bench


async def test_helm_says_which_it_is(bench: Bench) -> None:
    assert (await bench.helm.version()).startswith("v4.")


async def test_history_is_the_same_with_and_without_helm(bench: Bench) -> None:
    told, read = await bench.helm.history(CILIUM), await bench.releases.history(CILIUM)
    assert [(one.number, one.state, one.chart_version) for one in told] == [
        (1, ReleaseState.SUPERSEDED, "1.18.5"),
        (2, ReleaseState.SUPERSEDED, "1.18.6"),
        (3, ReleaseState.DEPLOYED, "1.18.6"),
    ]
    for one, other in zip(told, read, strict=True):
        assert (one.number, one.state, one.chart, one.chart_version, one.app_version) == (
            *(other.number, other.state, other.chart, other.chart_version, other.app_version),
        )
        assert (one.description, one.updated) == (other.description, other.updated)


async def test_each_revision_in_full(bench: Bench) -> None:
    for read in await bench.releases.history(CILIUM):
        assert await bench.helm.values(CILIUM, read.number) == read.values
        told = objects_of(await bench.helm.manifest(CILIUM, read.number))
        assert told == objects_of(read.manifest)
        about = await bench.helm.metadata(CILIUM, read.number)
        assert (about.chart, about.version, about.state) == (read.chart, read.version, read.state)
    computed = await bench.helm.values(CILIUM, 1, computed=True)
    assert computed["bpf"]["policyMapMax"] == 8192
    assert computed["routingMode"] == "tunnel"
    now = current(await bench.releases.history(CILIUM))
    assert now is not None
    status = await bench.helm.status(CILIUM)
    assert (status.number, status.values, status.state) == (now.number, now.values, now.state)


async def test_what_is_installed_in_the_namespace(bench: Bench) -> None:
    (told,) = await bench.helm.releases("kube-system")
    (read,) = await bench.releases.deployed("kube-system")
    assert (told.release, told.number, told.updated) == (read.release, read.number, read.updated)
    assert await bench.helm.releases("default") == ()
    assert await bench.releases.of_chart("kube-system", "cilium") == (CILIUM,)


async def test_a_name_that_is_not_there_gets_the_nearest(bench: Bench) -> None:
    typo = ReleaseName("kube-system", "cilum")
    for asking in (bench.helm.history(typo), bench.helm.status(typo), bench.releases.history(typo)):
        with pytest.raises(NotFound) as refusal:
            await asking
        assert refusal.value.hint == "Did you mean cilium?"
    with pytest.raises(NotFound):
        await bench.helm.values(CILIUM, 9)


async def test_the_rendering_is_what_is_stored(bench: Bench) -> None:
    now = (await bench.releases.history(CILIUM))[-1]
    rendered = await bench.helm.template(
        CILIUM, bench.offered("1.18.6"), now.values, kubernetes="1.36.2"
    )
    assert objects_of(rendered) == objects_of(now.manifest)
