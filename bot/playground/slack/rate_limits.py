"""Slack's rate limits as token buckets, one per method, and one per channel for posts."""

import math

from bot.playground.slack.clock import Clock
from bot.playground.slack.limits import METHOD_RATES, POSTS_PER_CHANNEL, TIER_3, Rate


class Bucket:
    """Holds up to `rate.burst` tokens and refills continuously."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.burst)
        self._filled = clock.now()

    def wait(self) -> float:
        """Seconds (of the scaled clock) until a token is there; 0 when one is."""
        now = self._clock.now()
        per_second = self._rate.per_minute / 60
        self._tokens = min(self._rate.burst, self._tokens + (now - self._filled) * per_second)
        self._filled = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / per_second

    def take(self) -> None:
        self._tokens -= 1


class RateLimits:
    """Decides whether a call may pass now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def retry_after(self, method: str, channel: str = "") -> int:
        """0 and the call is counted, or the whole seconds after which Slack asks to try again.

        The seconds are Slack's: a bot that runs under the same time scale divides them by it.
        """
        buckets = [self._bucket(method, "", METHOD_RATES.get(method, TIER_3))]
        if method == "chat.postMessage":
            buckets.append(self._bucket(method, channel, POSTS_PER_CHANNEL))
        wait = max(bucket.wait() for bucket in buckets)
        if wait > 0:
            return max(1, math.ceil(wait))
        for bucket in buckets:
            bucket.take()
        return 0

    def _bucket(self, method: str, channel: str, rate: Rate) -> Bucket:
        key = method, channel
        if key not in self._buckets:
            self._buckets[key] = Bucket(rate, self._clock)
        return self._buckets[key]
