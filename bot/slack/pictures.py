"""Pictures of a report: PNG files for its thread, with their words as alt text; or the words alone.

Slack's own chart block (``data_visualization``) is not used. It knows lines, bars, areas and pies
of at most 6 series with 20 points, so of our three kinds it could draw a short timeline and no node
map and no matrix; clients from before June 2026 show nothing in its place; and its series differ in
colour only. A file is shown everywhere and can be forwarded.
"""

from __future__ import annotations

import logging

from bot.model.alt_text import alt_text
from bot.model.pictures import Picture
from bot.model.run import RunRecord
from bot.pictures import png
from bot.slack.blocks import Message, lines_within, section
from bot.slack.limits import ALT_TEXT, FALLBACK, FILE_TITLE, SECTION
from bot.slack.messages import PICTURE
from bot.slack.mrkdwn import escape, plain
from bot.slack.uploads import Detail, Upload, filename

ALONE = 1_300
"""Characters for all pictures of an answer without a thread."""
FALLEN_BACK = 500
"""The same where a channel turned out not to take its answer."""

logger = logging.getLogger(__name__)


async def picture_replies(record: RunRecord) -> list[Detail]:
    """Each picture as a file, or its words when it cannot be drawn."""
    pictures = record.report.pictures if record.report else ()
    return [await _reply(picture, record.id) for picture in pictures]


async def _reply(picture: Picture, run_id: str) -> Detail:
    try:
        drawn = await png(picture)
    except Exception:  # the border: odd figures must not cost the thread what follows
        logger.exception("the picture %r of run %s could not be drawn", picture.title, run_id)
        return Message(
            text=escape(alt_text(picture), FALLBACK) or PICTURE,
            blocks=(section(in_words(picture, SECTION)),),
        )
    return Upload(
        filename=filename(run_id, f"{picture.title}.png"),
        title=plain(picture.title, FILE_TITLE) or PICTURE,
        content=drawn,
        alt=plain(alt_text(picture), ALT_TEXT),
    )


def all_in_words(record: RunRecord, most: int) -> str:
    """What is to be seen in the pictures of a run, in ``most`` characters of mrkdwn."""
    pictures = record.report.pictures if record.report else ()
    return lines_within((in_words(picture, 600) for picture in pictures), most)


def in_words(picture: Picture, most: int) -> str:
    """What is to be seen in the picture, as mrkdwn: where no file can go."""
    return f"🖼 {escape(alt_text(picture), most - 3) or PICTURE}"
