"""One cluster's credentials: read when first needed, and again when they are refused.

Many requests need them at once, and reading them can start a program that takes seconds: it is
done once for all who wait, and not again right after it was in vain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from bot.clients.kubernetes.connection import ClusterAddress, Connection, connect
from bot.model.errors import ConfigurationError, Denied

RENEWAL_PAUSE = 5.0
"""Seconds before credentials that could not be read, or were refused and read again in vain, are
read once more: a hundred requests must not start a hundred credential plugins."""


class Credentials:
    """The connection to one cluster, as its credentials are now."""

    def __init__(self, address: ClusterAddress) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self._read_at = 0.0
        self._failure: ConfigurationError | None = None
        self._in_vain = False

    async def connection(self) -> Connection:
        """Address and credentials, read once. Raises :class:`ConfigurationError`."""
        async with self._opening:
            if self._connection is None:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> Connection:
        if self._failure and time.monotonic() - self._read_at < RENEWAL_PAUSE:
            raise ConfigurationError(self._failure.message, hint=self._failure.hint)
        self._failure = None
        try:
            return await connect(self._address)
        except ConfigurationError as error:
            self._failure = error
            raise
        finally:
            self._read_at = time.monotonic()

    async def renew(self, refused: Connection, sent: Mapping[str, str]) -> bool:
        """Read the credentials again after ``sent`` were refused; whether they are others now.

        Read once for all requests that were refused with the same ones.
        """
        async with self._opening:
            if self._connection is not refused:
                return True
            if self._in_vain and time.monotonic() - self._read_at < RENEWAL_PAUSE:
                return False
            self._in_vain = True
            try:
                fresh = await self._connect()
                changed = fresh.certificate != refused.certificate or await fresh.headers() != sent
            except ConfigurationError as error:
                raise Denied(
                    "The API server does not accept these credentials, and they cannot be "
                    f"renewed: {error.message}",
                    hint=error.hint,
                ) from None
            if changed:
                self._connection, self._in_vain = fresh, False
            return changed
