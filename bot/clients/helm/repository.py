"""What a chart repository offers: ``index.yaml``, read without helm.

Source: Helm's chart repository guide. An OCI registry has no index; its tags are another protocol,
which is not spoken here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.clients.helm.names import ChartVersion
from bot.clients.helm.records import time_of
from bot.model.errors import ClientError, Malformed, NotFound, Refused, TimedOut, Unreachable

MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Offered:
    """One version in the repository."""

    version: ChartVersion
    released_at: datetime | None
    deprecated: bool = False


async def offered(repository: str, chart: str, *, timeout: float) -> tuple[Offered, ...]:
    """The versions of ``chart``, newest first; what is no version is left out.

    Raises :class:`ClientError`: an unreachable repository is a gap, never "nothing newer".
    """
    if urlsplit(repository).scheme not in ("http", "https"):
        raise Refused(
            f"The versions in {repository or 'no repository'} cannot be listed.",
            hint="Only http and https repositories have an index; see helm.repository in bot.yaml.",
        )
    body = await _download(f"{repository.rstrip('/')}/index.yaml", timeout)
    return await asyncio.to_thread(read_index, body, chart)


def read_index(body: bytes, chart: str) -> tuple[Offered, ...]:
    """The versions of ``chart`` in an index, newest first."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        index = yaml.load(body, Loader=loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Malformed("The chart repository's index is no YAML.") from None
    entries = index.get("entries") if isinstance(index, dict) else None
    listed = entries.get(chart) if isinstance(entries, dict) else None
    if not isinstance(listed, list):
        raise NotFound(f"The chart repository has no chart {chart}.")
    found = [_offered(entry) for entry in listed if isinstance(entry, dict)]
    known = [one for one in found if one is not None]
    return tuple(sorted(known, key=lambda one: one.version, reverse=True))


def _offered(entry: dict[str, Any]) -> Offered | None:
    version = ChartVersion.read(str(entry.get("version") or ""))
    if version is None:
        return None
    created = entry.get("created")
    at = created if isinstance(created, datetime) else time_of(str(created or ""))
    return Offered(version, at, entry.get("deprecated") is True)


async def _download(url: str, timeout: float) -> bytes:
    import aiohttp

    host = urlsplit(url).netloc
    try:
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.get(url, timeout=aiohttp.ClientTimeout(total=timeout)) as response,
        ):
            if response.status != 200:
                raise _refused(host, response.status)
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Malformed(f"The index of {host} is larger than {MOST_BYTES:,} bytes.")
            return bytes(body)
    except TimeoutError:
        raise TimedOut(f"The chart repository {host} did not answer in {timeout:g} s.") from None
    except (aiohttp.ClientError, OSError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise Unreachable(f"The chart repository {host} cannot be reached: {reason}.") from None


def _refused(host: str, status: int) -> ClientError:
    if status >= 500:
        return Unreachable(f"The chart repository {host} fails with {status}.")
    return Refused(f"The chart repository {host} answers {status} for its index.")
