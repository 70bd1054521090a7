"""What is wrong with the API server itself, and who gets in between a client and its write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WriteAttempt:
    """A write that is about to be carried out, as far as somebody faster must know it."""

    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    version: str
    """The resourceVersion that it insists on; empty when it takes any."""


Interference = Callable[[WriteAttempt], None]
"""What another writer does just before a client's write is carried out."""


@dataclass
class LostReplies:
    """Mutations to come take effect, and their answers are lost."""

    remaining: int
    over: Callable[[], None]
    """Called with the last of them."""

    def count(self) -> None:
        """One more is lost."""
        self.remaining -= 1
        if self.remaining == 0:
            self.over()


@dataclass
class Death:
    """The API server dies at a request that is still to come."""

    remaining: int
    """So many requests until then; the last of them is the fatal one."""
    every_request: bool
    """Whether reads count too, or only writes that are no dry run."""
    applied: bool
    """Whether the fatal write takes effect first. Only those that do are counted then."""
    die: Callable[[], None]

    def strikes(self) -> bool:
        """Count one request; die, and say so, when it is the fatal one."""
        self.remaining -= 1
        if self.remaining != 0:
            return False
        self.die()
        return True


@dataclass
class ApiConditions:
    """The API server's own troubles. Times are in real seconds: clients' deadlines are too."""

    latency: float = 0.0
    """Seconds added to every request."""
    watch_delay: float = 0.0
    """Seconds that every watch event is late."""
    throttled_share: float = 0.0
    """The share of reads refused with 429."""
    exec_forbidden: bool = False
    lost_replies: LostReplies | None = None
    death: Death | None = None
    interferences: list[Interference] = field(default_factory=list)
    """Asked before every write that is no dry run, in the order they were put in."""
    open_watches: set[Callable[[], None]] = field(default_factory=set)
    """How to end each watch that is open."""
