"""The store that the settings name, opened from a shell: beside a running bot, or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.engine.changes.audit import Audit
from bot.engine.changes.seal import Seal
from bot.model.errors import ConfigurationError, StoreUnavailable
from bot.settings import Settings, seal_key
from bot.settings.seal_key import seal_key_file
from bot.store.address import StoreAddress, store_address
from bot.store.audit import AuditChain
from bot.store.connection import Store
from bot.store.embedded import LOCK, SOCKET, EmbeddedStore


@asynccontextmanager
async def open_audit(settings: Settings) -> AsyncIterator[Audit]:
    """The audit in the store of ``settings``, with the key of its seals where that is at hand.

    Raises :class:`ConfigurationError` and :class:`StoreUnavailable`.
    """
    key = _seal_key(settings)
    async with open_store(settings) as store:
        yield Audit(AuditChain(store), Seal(key) if key else None)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """A store of yours by its address; the embedded one by its bot's socket, and while no bot runs
    by a server of its own on the same files, which ends with the block."""
    if settings.store.url is not None:
        password = settings.credentials.store_password
        secret = password.get_secret_value() if password else ""
        async with _connected(store_address(settings.store.url, secret)) as store:
            yield store
        return
    folder = settings.store.folder.expanduser()
    if not (folder / LOCK).exists():
        raise ConfigurationError(
            f"There is no store in {folder}.",
            hint="Run it where the bot runs, or name its store.url: kubectl exec into its pod.",
        )
    if await _answers(beside := StoreAddress(f"unix://{folder / SOCKET}")):
        async with _connected(beside) as store:
            yield store
        return
    server = EmbeddedStore(folder)
    await server.start()
    try:
        async with _connected(server.address) as store:
            yield store
    finally:
        await server.stop()


@asynccontextmanager
async def _connected(address: StoreAddress) -> AsyncIterator[Store]:
    store = Store(address)
    try:
        yield store
    finally:
        await store.close()


async def _answers(address: StoreAddress) -> bool:
    async with _connected(address) as store:
        try:
            await store.ping()
        except StoreUnavailable:
            return False
    return True


def _seal_key(settings: Settings) -> bytes | None:
    """The key, if there is one: looking makes none."""
    file = seal_key_file(settings)
    if file is not None and not file.exists():
        return None
    return seal_key(settings)
