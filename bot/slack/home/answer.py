"""A status asked for in the home tab: told in a channel like any other, refused in the tab."""

from __future__ import annotations

from collections.abc import Callable

from bot.model.errors import OncallError
from bot.model.run import RunRecord
from bot.slack.asked import Asked
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.home import words
from bot.slack.live_message import LiveMessage
from bot.slack.mrkdwn import bold, sentence
from bot.slack.outbox import Outbox

ORIGIN = "home"
"""Among the origin of a run: it was asked for in the home tab, which has no ``response_url``."""


class HomeAnswer(LiveMessage):
    """Reports one run into its channel; ``notify`` tells the person in their home tab."""

    def __init__(
        self,
        outbox: Outbox,
        asked: Asked,
        long_run: float,
        notify: Callable[[str, str], None],
        offered: Offered = nothing_offered,
    ) -> None:
        super().__init__(outbox, asked, long_run, offered=offered)
        self._notify = notify

    async def refused(self, error: OncallError) -> None:
        """The run never began."""
        self._notify(self._asked.user, words.NOT_STARTED.format(reason=sentence(str(error), 900)))

    async def finished(self, record: RunRecord) -> None:
        """Turn the live message into the answer; without one, there was nothing to answer."""
        if record.started_at is None:
            cluster = bold(record.request.cluster, 90)
            self._notify(self._asked.user, words.CANCELLED.format(cluster=cluster))
        else:
            await super().finished(record)
