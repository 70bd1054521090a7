"""Sends one entry and judges what became of it: sent, once more later, or given up.

Nothing here waits: when to try again is written into the entry or into the pace.
"""

from __future__ import annotations

import logging
from typing import Protocol

from bot.model.errors import ClientError, Throttled, Unreachable
from bot.slack import messages
from bot.slack.blocks import Message
from bot.slack.buttons import row_of, with_note, with_share
from bot.slack.clock import Clock
from bot.slack.pace import Method, Pace
from bot.slack.pending import Entry, Fate, Kind, Pending, is_progress
from bot.slack.private_address import PrivateAddress, Way, is_direct
from bot.slack.uploads import Detail, Upload
from bot.slack.webapi import Declined, Unconfirmed

logger = logging.getLogger(__name__)

GIVE_UP = 600.0
"""Seconds after which a result goes privately instead; a private message is given up."""

LATE = 30.0
"""Seconds after which a message says that it comes late."""

LONGEST_BACKOFF = 30.0
MOST_DIRECT = 2_000
"""Direct messages whose channels are remembered."""
UNCONFIRMED = "unconfirmed"
UNREACHABLE = "unreachable"
_BLOCKS_REFUSED = frozenset(
    ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"]
)


class Calls(Protocol):
    """What of Slack's Web API is needed here; raises the errors of :mod:`bot.slack.webapi`."""

    async def post(self, channel: str, key: str, message: Message, thread: str) -> str:
        """Post; returns the message's ``ts``."""

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace what a message shows."""

    async def upload(self, channel: str, thread: str, upload: Upload) -> None:
        """Put a file into a thread."""

    async def respond(self, response_url: str, message: Message) -> None:
        """Tell one person, through the address of what they asked."""

    async def whisper(self, address: PrivateAddress, message: Message) -> None:
        """Tell one person, where others do not see it."""

    async def open_direct(self, user: str) -> str:
        """The conversation that the bot and one person have alone."""

    async def find(self, channel: str, key: str, thread: str, filename: str, since: float) -> str:
        """The ``ts`` of what stands there under ``key`` or ``filename``; empty when nothing."""


_PRIVATELY = {Way.RESPONSE: Method.RESPOND, Way.EPHEMERAL: Method.EPHEMERAL}


def method_of(entry: Entry) -> Method:
    """The method whose limit counts for ``entry``."""
    if entry.kind is Kind.UPDATE:
        return Method.UPDATE
    if entry.kind is Kind.PRIVATE:
        return _PRIVATELY.get(PrivateAddress.of(entry.lane).way, Method.POST)
    return Method.UPLOAD if isinstance(entry.content, Upload) else Method.POST


class Delivery:
    """Carries entries to Slack, one at a time per lane."""

    def __init__(self, calls: Calls, pending: Pending, pace: Pace, clock: Clock) -> None:
        self._calls = calls
        self._pending = pending
        self._pace = pace
        self._clock = clock
        self._direct: dict[str, str] = {}

    async def send(self, entry: Entry) -> list[Entry]:
        """Send ``entry``; returns entries to add because of what became of it."""
        method, now = method_of(entry), self._clock.monotonic()
        self._pace.called(method, entry.lane, now, progress=is_progress(entry))
        try:
            await self._call(entry)
        except Throttled as error:
            until = self._clock.monotonic() + error.retry_after
            self._pace.pause(method, entry.lane, until)
            logger.info("Slack asks to pause %s for %.0f s", method, error.retry_after)
            return []
        except Unreachable as error:
            self._pace.hinder(method, entry.lane, self._clock.monotonic())
            return self._once_more(entry, error)
        except Unconfirmed as error:
            self._pace.hinder(method, entry.lane, self._clock.monotonic())
            if entry.kind in (Kind.UPDATE, Kind.PRIVATE):
                return self._once_more(entry, error)
            entry.uncertain = True
            return self._once_more(entry, error)
        except Declined as error:
            # What may stand there already and cannot be looked for is not sent again.
            reason = UNCONFIRMED if entry.uncertain else ""
            return self.give_up(entry, reason) if reason else self._declined(entry, error)
        self._pending.remove(entry)
        self._drop_what_is_past(entry)
        return []

    def _drop_what_is_past(self, entry: Entry) -> None:
        """Progress must not replace the result that was just shown."""
        if entry.kind is Kind.UPDATE and entry.final:
            for other in self._pending.lane(entry.lane):
                if other.key == entry.key and is_progress(other):
                    self._pending.remove(other)

    async def _call(self, entry: Entry) -> None:
        fate = self._pending.fate(entry.key) or Fate()
        if entry.uncertain and await self._found(entry, fate):
            return
        match entry.kind, self._as_it_is_late(entry):
            case Kind.PRIVATE, Message() as message:
                await self._tell(PrivateAddress.of(entry.lane), entry.id, message)
            case Kind.POST, Message() as message:
                channel = await self._channel(entry.lane)
                ts = await self._calls.post(channel, entry.key, message, entry.thread)
                self._pending.settle(entry.key, Fate(ts=ts))
            case Kind.UPDATE, Message() as message:
                channel = await self._channel(entry.lane)
                await self._calls.update(channel, fate.ts, message)
            case Kind.REPLY, Message() as message:
                channel = await self._channel(entry.lane)
                await self._calls.post(channel, entry.id, message, entry.thread or fate.ts)
            case Kind.REPLY, Upload() as upload:
                channel = await self._channel(entry.lane)
                await self._calls.upload(channel, entry.thread or fate.ts, upload)

    async def _channel(self, lane: str) -> str:
        """Where a lane leads: a channel, or the direct messages with one person."""
        address = PrivateAddress.of(lane)
        if not address.user:
            return lane
        if address.user not in self._direct:
            if len(self._direct) >= MOST_DIRECT:
                self._direct.clear()
            try:
                self._direct[address.user] = await self._calls.open_direct(address.user)
            except Unconfirmed as error:
                raise Unreachable(error.message) from None  # opened or not, nothing was posted
        return self._direct[address.user]

    def _as_it_is_late(self, entry: Entry) -> Detail:
        """What ``entry`` says; when it comes visibly late it says that, too."""
        late = self._clock.monotonic() - entry.queued_at
        if not entry.final or late <= LATE or not isinstance(entry.content, Message):
            return entry.content
        by_slack = self._pace.was_hindered(entry.lane, entry.queued_at)
        ended = entry.kind is Kind.UPDATE and not entry.rank
        note = messages.late(late, self._clock.wall() - late, by_slack=by_slack, ended=ended)
        return with_note(entry.content, note)

    async def _tell(self, address: PrivateAddress, key: str, message: Message) -> None:
        match address.way:
            case Way.RESPONSE:
                await self._calls.respond(address.response_url, message)
            case Way.EPHEMERAL:
                await self._calls.whisper(address, message)
            case Way.DIRECT:
                await self._calls.post(address.channel, key, message, address.thread)
            case Way.OPENED:
                direct = await self._calls.open_direct(address.user)
                await self._calls.post(direct, key, message, "")
            case Way.NONE:
                raise Declined("a private message", "no_address")

    async def _found(self, entry: Entry, fate: Fate) -> bool:
        """Whether ``entry`` stands in Slack already; from now on that is certain."""
        if entry.kind is Kind.POST and fate.ts:
            return True
        now = self._clock.wall() - (self._clock.monotonic() - entry.queued_at)
        key = entry.key if entry.kind is Kind.POST else entry.id
        name = entry.content.filename if isinstance(entry.content, Upload) else ""
        thread = entry.thread or ("" if entry.kind is Kind.POST else fate.ts)
        channel = await self._channel(entry.lane)
        ts = await self._calls.find(channel, key, thread, name, now - 60.0)
        entry.uncertain = False
        if ts and entry.kind is Kind.POST:
            self._pending.settle(entry.key, Fate(ts=ts))
        return bool(ts)

    def _once_more(self, entry: Entry, error: ClientError) -> list[Entry]:
        """Later, with growing pauses; unless it is old or something newer waits."""
        now = self._clock.monotonic()
        if is_progress(entry) or self._superseded(entry):
            self._pending.remove(entry)
            return []
        if now - entry.queued_at > GIVE_UP:
            return self.give_up(entry, UNCONFIRMED if entry.uncertain else UNREACHABLE)
        entry.attempts += 1
        entry.not_before = now + min(LONGEST_BACKOFF, 0.5 * 2.0**entry.attempts)
        logger.warning("%s attempt %d failed: %s", entry.kind, entry.attempts, error.message)
        return []

    def _superseded(self, entry: Entry) -> bool:
        return entry.kind is Kind.UPDATE and any(
            other is not entry
            and other.kind is Kind.UPDATE
            and other.key == entry.key
            and (other.final or not entry.final)
            for other in self._pending.lane(entry.lane)
        )

    def _declined(self, entry: Entry, error: Declined) -> list[Entry]:
        """Bare text when the blocks are what Slack refuses; else there is no way."""
        content = entry.content
        if error.reason in _BLOCKS_REFUSED and isinstance(content, Message) and content.blocks:
            logger.error("Slack refuses the blocks of %s: %s", entry.key, error.reason)
            entry.content = Message(text=content.text)
            self._pending.changed(entry)
            return []
        return self.give_up(entry, error.reason)

    def give_up(self, entry: Entry, reason: str) -> list[Entry]:
        """Forget ``entry``. A live message that has no place any more turns private."""
        self._pending.remove(entry)
        if entry.kind is Kind.PRIVATE and (elsewhere := self._elsewhere(entry, reason)):
            return [elsewhere]
        if entry.kind in (Kind.REPLY, Kind.PRIVATE):
            logger.warning("a %s message was given up: %s", entry.kind, reason)
            return []
        if is_progress(entry):
            return []
        logger.warning("the message %s turns private: %s", entry.key, reason)
        self._pending.settle(entry.key, Fate(reason=reason))
        return [*self._turn_private(entry, reason), *self._rest_turns_private(entry, reason)]

    def _elsewhere(self, entry: Entry, reason: str) -> Entry | None:
        """The same private message by the next way to the same person, if there is one."""
        address = PrivateAddress.of(entry.lane)
        following = None if reason == UNREACHABLE else address.after(reason)
        if following is None:
            return None
        logger.info("a private message goes another way (%s): %s", following.way, reason)
        return Entry(
            id=f"{entry.id}/{following.way}",
            kind=Kind.PRIVATE,
            lane=str(following),
            key="",
            content=entry.content,
            queued_at=entry.queued_at,
            final=entry.final,
        )

    def _rest_turns_private(self, entry: Entry, reason: str) -> list[Entry]:
        """The same for whatever waits behind ``entry``: results turn, the rest is dropped."""
        private: list[Entry] = []
        for other in self._pending.lane(entry.lane):
            if other.key == entry.key:
                self._pending.remove(other)
                private += self._turn_private(other, reason) if other.final else []
        return private

    def _turn_private(self, entry: Entry, reason: str) -> list[Entry]:
        private = self.private_instead(entry, reason)
        return [private] if private else []

    def private_instead(self, entry: Entry, reason: str) -> Entry | None:
        """What the person who asked gets of ``entry``; ``None`` when there is no way to them."""
        fallback = self._pending.fallback(entry.key)
        if not fallback.private or not isinstance(entry.content, Message):
            return None
        if entry.final:
            content = messages.in_private(entry.content, reason, fallback.note)
            if not is_direct(entry.lane):
                content = with_share(content)
        else:
            content = messages.private_note(row_of(entry.content))
        return Entry(
            id=f"{entry.id}/private",
            kind=Kind.PRIVATE,
            lane=fallback.private,
            key="",
            content=content,
            queued_at=self._clock.monotonic(),
            final=entry.final,
        )
