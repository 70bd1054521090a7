"""All of a run's answer: the first message with its buttons, and what follows in the thread."""

from __future__ import annotations

import logging

import msgspec

from bot.model.run import RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.buttons import Button, row, with_note
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.details import details
from bot.slack.mrkdwn import code
from bot.slack.render import answer
from bot.slack.uploads import Detail

logger = logging.getLogger(__name__)


def whole_answer(
    record: RunRecord,
    asked: Asked,
    *,
    alone: bool = False,
    offered: Offered = nothing_offered,
) -> tuple[Message, list[Detail]]:
    """The first message and the replies; something that can be said in any case.

    ``alone``: no replies follow it where it is shown.
    """
    try:
        said = answer(record, asked, alone=alone, offered=offered)
        return said.message, details(record, said)
    except Exception:  # the border: a report that trips us must not leave "looking" behind
        logger.exception("the report of run %s could not be rendered", record.id)
        command = code(asked.terminal, 300)
        failed = messages.fixed(messages.RENDER_FAILED.format(command=command))
        return msgspec.structs.replace(
            failed, blocks=(*failed.blocks, row(record.id, Button.AGAIN))
        ), []


def shared_answer(
    record: RunRecord, asked: Asked, by: str, offered: Offered = nothing_offered
) -> tuple[Message, list[Detail]]:
    """The same, saying in whose name it stands where everybody reads it; ``by`` is mrkdwn."""
    message, replies = whole_answer(record, asked, offered=offered)
    return with_note(message, messages.SHARED_BY.format(by=by)), replies
