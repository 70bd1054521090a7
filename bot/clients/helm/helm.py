"""The ``helm`` binary of one cluster: what can be asked of it, and what it can be told to do.

Its field manager is always the same (:data:`~bot.clients.helm.names.FIELD_MANAGER`).
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.clients.helm import archive, arguments
from bot.clients.helm.answers import read_history, read_list, read_metadata, read_release
from bot.clients.helm.arguments import MARGIN, Arguments, Chart
from bot.clients.helm.failures import failure_of, killed
from bot.clients.helm.names import ReleaseName
from bot.clients.helm.process import Ended, run
from bot.clients.helm.release import Revision, Values
from bot.clients.helm.workplace import Workplace, workplace
from bot.clients.kubernetes.api import Api
from bot.clients.kubernetes.handed_on import kubeconfig_of
from bot.model.errors import ConfigurationError, Malformed, NotFound
from bot.model.nearest import did_you_mean

MAJOR = 4
READING = 20.0
"""Seconds a question may take."""
REACHING = 5.0
"""Seconds to find out whether the API server is there at all."""
CHANGING = 300.0
"""Seconds for each hook of a change; Cilium's chart has none, so that it takes seconds."""


class Helm:
    """One cluster's. Every method raises :class:`ClientError`, and :class:`ConfigurationError` when
    there is no Helm 4 to run."""

    def __init__(self, api: Api, program: str = "helm") -> None:
        self._api = api
        self._program = program
        self._version = ""
        self._turns: weakref.WeakValueDictionary[ReleaseName, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def version(self) -> str:
        """Such as ``v4.1.4``. Raises :class:`ConfigurationError` for any other major version."""
        if not self._version:
            with workplace() as place:
                ended = await self._run(place, arguments.version(), READING)
            said = ended.stdout.decode(errors="replace").strip()
            if ended.code != 0 or not said.startswith(f"v{MAJOR}."):
                raise ConfigurationError(
                    f"The helm the bot runs ({self._program}) is {said[:40] or 'unusable'}; "
                    f"it needs Helm {MAJOR}.",
                    hint=f"Install Helm {MAJOR} and name it: helm.program in bot.yaml. Helm 3 and "
                    "4 own fields in different ways, so they are not mixed on one release.",
                )
            self._version = said
        return self._version

    # Reading

    async def releases(self, namespace: str) -> tuple[Revision, ...]:
        """The newest revision of each release in ``namespace``."""
        return read_list(await self._ask(arguments.list_releases(namespace)), namespace)

    async def history(self, release: ReleaseName) -> tuple[Revision, ...]:
        """All revisions, oldest first, without values and manifests."""
        return read_history(await self._about(release, arguments.history(release)), release)

    async def status(self, release: ReleaseName) -> Revision:
        """The newest revision, in full."""
        return read_release(await self._about(release, arguments.status(release)))

    async def metadata(self, release: ReleaseName, revision: int) -> Revision:
        """Chart, version, state and time of a revision."""
        asked = arguments.metadata(release, revision)
        return read_metadata(await self._about(release, asked), release)

    async def values(
        self, release: ReleaseName, revision: int, *, computed: bool = False
    ) -> Values:
        """What a person set at ``revision``; with ``computed`` the chart's defaults under it."""
        asked = arguments.values(release, revision, computed=computed)
        return _object(await self._about(release, asked), "The release's values")

    async def manifest(self, release: ReleaseName, revision: int) -> str:
        """What ``revision`` consists of, as YAML documents."""
        body = await self._about(release, arguments.manifest(release, revision))
        return body.decode(errors="replace")

    async def template(
        self,
        release: ReleaseName,
        chart: Chart,
        values: Mapping[str, Any],
        *,
        kubernetes: str,
        api_versions: Sequence[str] = (),
    ) -> str:
        """What ``chart`` with ``values`` would consist of; the cluster is not asked.

        Look-ups of the chart find nothing then: Cilium's makes new certificates (facts on Helm).
        """
        archive.check(chart)
        with workplace() as place:
            file = place.keep_values(values)
            asked = arguments.template(
                release, chart, file, kubernetes=kubernetes, api_versions=api_versions
            )
            return (await self._output(place, asked, READING * 3)).decode(errors="replace")

    # Changing

    async def upgrade(
        self,
        release: ReleaseName,
        chart: Chart,
        values: Mapping[str, Any],
        *,
        description: str,
        dry_run: bool = False,
        timeout: float = CHANGING,
    ) -> Revision:
        """Make ``release`` consist of ``chart`` with exactly ``values``; the revision this made.

        A dry run sends nothing: the API server may still refuse what it accepts. Values that came
        from the release are complete; nothing of an earlier revision is added.
        """
        archive.check(chart)
        async with self._turn(release):
            with workplace() as place:
                asked = arguments.upgrade(
                    release,
                    chart,
                    place.keep_values(values),
                    timeout=timeout,
                    description=description,
                    dry_run=dry_run,
                )
                return read_release(await self._output(place, asked, timeout + MARGIN))

    async def rollback(
        self,
        release: ReleaseName,
        revision: int,
        *,
        dry_run: bool = False,
        timeout: float = CHANGING,
    ) -> None:
        """Make ``release`` consist of what ``revision`` did, as a new revision.

        Works from a pending release, too. It says nothing of the result: read the release.
        """
        asked = arguments.rollback(release, revision, timeout=timeout, dry_run=dry_run)
        async with self._turn(release):
            with workplace() as place:
                await self._output(place, asked, timeout + MARGIN)

    def _turn(self, release: ReleaseName) -> asyncio.Lock:
        """Never two of our processes on one release; other bots are kept away by the Lease."""
        lock = self._turns.get(release)
        if lock is None:
            lock = self._turns[release] = asyncio.Lock()
        return lock

    # Running it

    async def _about(self, release: ReleaseName, asked: Arguments) -> bytes:
        """An answer about one release; one that is not there is told with the nearest name."""
        try:
            return await self._ask(asked)
        except NotFound as error:
            if error.hint:
                raise
            known = [one.release.name for one in await self.releases(release.namespace)]
            hint = did_you_mean(release.name, known)
            at = f" It has: {', '.join(known[:8])}." if known and not hint else ""
            raise NotFound(
                f"There is no Helm release {release.name} in {release.namespace}.",
                hint=hint or at.strip() or "Helm keeps no release there.",
            ) from None

    async def _ask(self, asked: Arguments) -> bytes:
        with workplace() as place:
            return await self._output(place, asked, READING)

    async def _output(self, place: Workplace, asked: Arguments, within: float) -> bytes:
        await self.version()
        # Helm starts only when the API server answers, with credentials that it takes: they are
        # renewed here when they have expired.
        await self._api.get("/version", timeout=REACHING, attempts=2)
        document = await kubeconfig_of(await self._api.connection())
        place.keep("kubeconfig", msgspec.json.encode(document))
        ended = await self._run(place, asked, within)
        if ended.code < 0:
            raise killed(asked[0], -ended.code)
        if ended.code != 0:
            raise failure_of(asked[0], ended.said)
        return ended.stdout

    async def _run(self, place: Workplace, asked: Arguments, within: float) -> Ended:
        return await run(
            self._program,
            arguments.checked(asked),
            folder=place.folder,
            environment=place.environment,
            within=within,
        )


def _object(body: bytes, what: str) -> Values:
    try:
        value = msgspec.json.decode(body or b"null")
    except msgspec.DecodeError:
        raise Malformed(f"{what} are not JSON.") from None
    if value is None:  # helm's way to say that there are none
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{what} are not an object.")
    return value
