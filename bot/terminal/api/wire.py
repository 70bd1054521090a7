"""What goes over the wire between the terminal and a running bot, beside change documents."""

from __future__ import annotations

import msgspec

from bot.model.change import Word

PREFIX = "/api/v1"
AUDIENCE = "cilium-oncall"
"""Whom a token must be made for: with one that the bot alone accepts, neither the bot nor whoever
reads it there can do anything else."""

ON_AN_ASK = frozenset([Word.APPROVE, Word.REJECT, Word.SOLO])
"""Said to a request for approval, whose id stands for one plan."""
ON_A_CHANGE = frozenset(Word) - ON_AN_ASK

MOST_BYTES = 16 * 1024
"""Of a request's body."""


class NewChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change that is asked for: ``command`` is what one would type, split into words.

    Two requests of one person with the same ``once`` are one change.
    """

    command: list[str]
    cluster: str = ""
    reason: str = ""
    incident: str = ""
    once: str = ""


ABOUT_A_STEP = frozenset([Word.CONFIRM, Word.HAPPENED, Word.DID_NOT])
"""Said of one step, which is named: the change may have gone on since it was looked at."""


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes with a word: the reason, and where they are wanted the cluster's name as typed or
    the step it is about."""

    reason: str = ""
    cluster: str = ""
    step: str = ""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no other answer: a stable ``code``, a sentence, what to do."""

    code: str
    message: str
    hint: str = ""
    usage: str = ""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer from 400 on."""

    error: Trouble
