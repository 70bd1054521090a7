"""From what a person typed or pressed to a request for a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.engine.executor import Executor
from bot.model.change import Change, ChangeRequest
from bot.model.errors import StoreUnavailable, UsageError
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.changes import words
from bot.slack.changes.places import Places, direct, shown
from bot.slack.mrkdwn import code, escape

if TYPE_CHECKING:
    from bot.engine.changes.service import Changes


def changes_of(executor: Executor) -> Changes:
    """The changes of this bot; :class:`UsageError` says why there are none."""
    if executor.changes is None:
        raise UsageError(executor.no_changes or words.OFF, hint=words.OFF_HINT)
    return executor.changes


class Requesting:
    """Takes requests for changes from one door."""

    def __init__(self, executor: Executor, places: Places) -> None:
        self._executor = executor
        self._places = places

    async def request(
        self,
        remedy: str,
        parameters: Mapping[str, str],
        cluster: str,
        asked: Asked,
        *,
        reason: str = "",
        incident: str = "",
        once: str = "",
    ) -> Change:
        """Have a change accepted. Raises :class:`UsageError` and :class:`StoreUnavailable`."""
        request = ChangeRequest(
            remedy=remedy,
            cluster=cluster,
            parameters=dict(parameters),
            requester=asked.requester,
            channel=self._places.channel_for(cluster, asked.channel),
            reason=reason,
            incident=incident,
            origin=asked.origin,
        )
        try:
            return await changes_of(self._executor).request(request, once=once or asked.trigger)
        except StoreUnavailable as error:
            raise StoreUnavailable(
                f"Changes are refused while the store is away: {error.message}", hint=error.hint
            ) from None

    def answer(self, change: Change, asked: Asked) -> Message | None:
        """What whoever asked is told alone; nothing where the live message is before them."""
        channel = self._places.channel_for(change.request.cluster, asked.channel)
        if channel == asked.channel:
            return None
        where = words.ELSEWHERE.format(
            cluster=escape(change.request.cluster, 80),
            where=shown(channel or direct(asked.user)),
        )
        asked_for = code(change.id, 40)
        return messages.fixed(words.REQUESTED.format(change=asked_for, where=where))
