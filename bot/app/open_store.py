"""The store: one of yours, or the embedded one with its server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.time_scale import REAL_TIME, TimeScale
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store.connection import Store
    from bot.store.embedded import EmbeddedStore


@dataclass(slots=True)
class OpenStore:
    """The store, and its server where that is ours."""

    store: Store
    embedded: EmbeddedStore | None

    @classmethod
    async def of(
        cls,
        settings: Settings,
        time_scale: TimeScale = REAL_TIME,
        on_answer: Callable[[float, bool], None] = lambda seconds, ok: None,
    ) -> OpenStore:
        """Connect to the configured store, or start the embedded one.

        A store of others may be away: the bot starts all the same.
        """
        from bot.store.address import store_address
        from bot.store.connection import Store
        from bot.store.embedded import EmbeddedStore

        if settings.store.url is not None:
            password = settings.credentials.store_password
            secret = password.get_secret_value() if password else ""
            address = store_address(settings.store.url, secret)
            return cls(Store(address, time_scale=time_scale, on_answer=on_answer), None)
        embedded = EmbeddedStore(settings.store.folder.expanduser())
        await embedded.start()
        own = Store(embedded.address, time_scale=time_scale, on_answer=on_answer)
        return cls(own, embedded)

    async def close(self) -> None:
        """Close the connections and end our server."""
        await self.store.close()
        if self.embedded is not None:
            await self.embedded.stop()
