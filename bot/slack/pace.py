"""How fast Slack may be called: buckets that refill, and pauses that Slack asked for.

Source: "Rate limits", docs.slack.dev: ``chat.postMessage`` about one a second per channel with
short bursts; ``chat.update`` tier 3, 50 a minute per workspace; ``files.*``, ``views.*`` and
``chat.postEphemeral`` tier 4. A bucket keeps below these, so that a 429 stays the exception; the
exception pauses the whole queue of that method and never a single caller, so that nobody stampedes
when it is over.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Method(StrEnum):
    """What the bot calls, as far as limits are counted together."""

    POST = "chat.postMessage"
    UPDATE = "chat.update"
    UPLOAD = "files.completeUploadExternal"
    RESPOND = "response_url"
    PUBLISH = "views.publish"
    EPHEMERAL = "chat.postEphemeral"


class Rate(msgspec.Struct, frozen=True):
    """``burst`` calls at once, ``per_minute`` in the long run."""

    per_minute: float
    burst: float


RATES = {
    Method.POST: Rate(per_minute=60, burst=4),
    Method.UPDATE: Rate(per_minute=50, burst=50),
    Method.UPLOAD: Rate(per_minute=50, burst=10),
    Method.RESPOND: Rate(per_minute=60, burst=5),
    Method.PUBLISH: Rate(per_minute=80, burst=20),
    Method.EPHEMERAL: Rate(per_minute=90, burst=10),
}

PROGRESS_RESERVE = 15.0
"""Of the updates' bucket, kept for results: progress waits when fewer are left."""

PROGRESS_EVERY = 1.0
"""Seconds between two progress updates in one channel."""

_PER_CHANNEL = frozenset([Method.POST, Method.RESPOND])


class Pace:
    """When a method may next be called. All times are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._levels: dict[tuple[Method, str], tuple[float, float]] = {}
        self._paused: dict[tuple[Method, str], float] = {}
        self._progress: dict[str, float] = {}

    def ready_at(self, method: Method, channel: str, now: float) -> float:
        """The earliest time for a call that somebody waits for."""
        return max(
            self._paused.get(_key(method, channel), now), self._when(method, channel, 1, now)
        )

    def progress_ready_at(self, channel: str, now: float) -> float:
        """The earliest time for an update that only tells how far a run is."""
        return max(
            self._paused.get(_key(Method.UPDATE, channel), now),
            self._when(Method.UPDATE, channel, 1 + PROGRESS_RESERVE, now),
            self._progress.get(channel, now),
        )

    def called(self, method: Method, channel: str, now: float, *, progress: bool = False) -> None:
        """Count a call made now."""
        key = _key(method, channel)
        self._levels[key] = (self._level(key, now) - 1, now)
        if progress:
            self._progress[channel] = now + PROGRESS_EVERY
        if len(self._levels) + len(self._progress) > 2_000:
            self._forget(now)

    def pause(self, method: Method, channel: str, until: float) -> None:
        """Call ``method`` no more before ``until``: Slack said so."""
        key = _key(method, channel)
        self._paused[key] = max(until, self._paused.get(key, until))

    def _level(self, key: tuple[Method, str], now: float) -> float:
        rate = RATES[key[0]]
        level, since = self._levels.get(key, (rate.burst, now))
        return min(rate.burst, level + (now - since) * rate.per_minute / 60)

    def _when(self, method: Method, channel: str, wanted: float, now: float) -> float:
        key = _key(method, channel)
        missing = wanted - self._level(key, now)
        # The margin outruns rounding: at the time given here the bucket does hold enough.
        return now if missing <= 0 else now + missing * 60 / RATES[method].per_minute + 1e-6

    def _forget(self, now: float) -> None:
        """Drop what has refilled or passed: it says no more than nothing at all."""
        full = [key for key in self._levels if self._level(key, now) >= RATES[key[0]].burst]
        for key in full:
            del self._levels[key]
        self._paused = {key: until for key, until in self._paused.items() if until > now}
        self._progress = {name: until for name, until in self._progress.items() if until > now}


def _key(method: Method, channel: str) -> tuple[Method, str]:
    return method, channel if method in _PER_CHANNEL else ""
