"""Links to the messages of runs, made from what is known already: no call per link."""

from __future__ import annotations

import re

from bot.model.errors import StoreUnavailable
from bot.model.run import RunRecord
from bot.slack.outbox import Outbox
from bot.slack.people import People

_WORKSPACE = re.compile(r"https?://[A-Za-z0-9.:-]+/\Z")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,30}\Z")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}\Z")


class Links:
    """``chat.getPermalink`` answers the same form; it is documented there, docs.slack.dev."""

    def __init__(self, people: People, outbox: Outbox) -> None:
        self._people = people
        self._outbox = outbox

    async def to(self, record: RunRecord) -> str:
        """The link to a run's live message; empty where it has none or its place is not known."""
        origin = record.request.origin
        return await self.to_message(record.id, origin.get("channel", ""), origin.get("thread", ""))

    async def to_message(self, key: str, channel: str, thread: str = "") -> str:
        """The link to the live message ``key`` in a channel; empty where that is not known."""
        if not _CHANNEL.match(channel):
            return ""
        try:
            ts = await self._outbox.ts_of(key)
        except StoreUnavailable:
            return ""
        workspace = await self._people.workspace_url()
        if not _TS.match(ts) or not _WORKSPACE.match(workspace):
            return ""
        inside = f"?thread_ts={thread}&cid={channel}" if _TS.match(thread) else ""
        return f"{workspace}archives/{channel}/p{ts.replace('.', '')}{inside}"
