"""The home tab as a view: sections in order, each a function from what was seen to blocks. Pure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from bot.slack.blocks import Block, button, context, section
from bot.slack.dates import clock_time
from bot.slack.home import words
from bot.slack.home.changes import approvals, changes, holding
from bot.slack.home.clusters import clusters
from bot.slack.home.parts import beside
from bot.slack.home.runs import recent, running
from bot.slack.home.seen import Seen
from bot.slack.limits import VIEW_BLOCKS
from bot.slack.mrkdwn import sentence

REFRESH = "home.refresh"

Section = Callable[[Seen], list[Block]]


def top(seen: Seen) -> list[Block]:
    """When this was true, the way to make it true again, and what came of the last click."""
    said = [words.AS_OF.format(time=clock_time(seen.at)), *filter(None, [seen.notice])]
    return [beside("\n".join(said), button(words.REFRESH, REFRESH))]


def troubles(seen: Seen) -> list[Block]:
    """Why there is nothing, or less than there should be."""
    blocks = [section(seen.refusal)] if seen.refusal else []
    if seen.trouble:
        blocks.append(section(words.STORE_AWAY.format(reason=sentence(seen.trouble, 600))))
    return blocks


SECTIONS: tuple[Section, ...] = (
    *(top, troubles, approvals, running, clusters),
    *(holding, changes, recent),
)
"""From top to bottom. What waits for the person comes before what only tells."""


def view(seen: Seen, messages: str) -> dict[str, Any]:
    """The view to publish; ``messages``, the channel of their direct messages, comes back with
    every click."""
    blocks = list(chain.from_iterable(show(seen) for show in SECTIONS))
    if len(blocks) > VIEW_BLOCKS:
        blocks = [*blocks[: VIEW_BLOCKS - 1], context(words.TOO_MUCH)]
    return {"type": "home", "private_metadata": messages, "blocks": blocks}
