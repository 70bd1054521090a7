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
        channel = record.request.origin.get("channel", "")
        if not _CHANNEL.match(channel):
            return ""
        try:
            ts = await self._outbox.ts_of(record.id)
        except StoreUnavailable:
            return ""
        workspace = await self._people.workspace_url()
        if not _TS.match(ts) or not _WORKSPACE.match(workspace):
            return ""
        thread = record.request.origin.get("thread", "")
        inside = f"?thread_ts={thread}&cid={channel}" if _TS.match(thread) else ""
        return f"{workspace}archives/{channel}/p{ts.replace('.', '')}{inside}"
