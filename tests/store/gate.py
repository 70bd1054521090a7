"""A store that a test takes away from one process, before it does a thing or after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.model.errors import StoreUnavailable
from bot.store.connection import Store


class GatedStore(Store):
    """``down``: nothing gets there. ``losing``: everything is done and its answer lost."""

    down = False
    losing = False

    async def _ask(self, asking: Callable[[], Awaitable[Any]]) -> Any:
        if self.down:
            raise StoreUnavailable("away")
        answer = await super()._ask(asking)
        if self.losing:
            error = StoreUnavailable("its answer was lost")
            error.perhaps_done = True
            raise error
        return answer
