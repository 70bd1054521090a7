"""The parts of a workspace that the doors to it - Web API, response URLs, page - share."""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from bot.playground.slack.board import Board
from bot.playground.slack.clock import Clock
from bot.playground.slack.directory import Directory
from bot.playground.slack.feed import Feed
from bot.playground.slack.records import File


@dataclass
class State:
    """Everything a workspace knows. `base_url` ends without a slash and is set at its start.

    Without `is_paid` there are no user groups.
    """

    clock: Clock
    feed: Feed = field(default_factory=Feed)
    directory: Directory = field(default_factory=Directory)
    files: dict[str, File] = field(default_factory=dict)
    base_url: str = ""
    is_paid: bool = True
    subscribed: tuple[str, ...] = ()
    """The events the app has asked for; it hears of no others."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    """The legacy verification token, sent with every payload; nothing may rely on it."""

    happenings: deque[str] = field(default_factory=lambda: deque(maxlen=6))
    """What went wrong on the line of late, in words for the page, newest last."""

    def happened(self, words: str) -> None:
        """Tell the page of trouble on the line: a 429, a lost event, a socket that is gone."""
        self.happenings.append(f"{time.strftime('%H:%M:%S')} {words}")
        self.feed.tell("link", None)

    def __post_init__(self) -> None:
        self.board = Board(self.feed)
