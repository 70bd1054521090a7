"""The Slack side of changes as the engine sees it: whom a change is told, and who somebody is."""

from __future__ import annotations

from typing import Protocol

from bot.model.access import Person
from bot.model.change import Change, ChangeRequest
from bot.model.expiry import Expiry


class Teller(Protocol):
    """Told by whoever carries a change. Every telling is of the whole present state, and harmless
    twice; none may raise."""

    async def admit(self, request: ChangeRequest) -> None:
        """Returns when the requester may ask for this change; raises
        :class:`~bot.model.errors.NotAllowed`."""

    async def person(self, user: str) -> Person:
        """Who ``user`` is now, asked anew: for words that matter."""

    async def tell(self, change: Change) -> None:
        """The state of ``change`` as it is now: where approvers look, and to them directly."""

    def progressed(self, change: Change, what: str) -> None:
        """How far a step is. Must not block."""

    async def tell_expiry(self, expiry: Expiry, change: Change) -> None:
        """What became of a promise: reverted, gone, or asking a human."""

    async def tell_head(self, number: int, digest: str) -> None:
        """The head of the audit chain, daily."""

    async def kept(self) -> bool:
        """Whether what was told so far survives this process."""
