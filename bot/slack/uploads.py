"""Files for a run's thread."""

from __future__ import annotations

import re

import msgspec

from bot.slack.blocks import Message

_UNWANTED = re.compile(r"[^A-Za-z0-9._-]+")


class Upload(msgspec.Struct, frozen=True):
    """A file for the thread: visible text in UTF-8, or a PNG and what it shows in words."""

    filename: str
    title: str
    content: bytes
    alt: str = ""


Detail = Message | Upload


def filename(run_id: str, wanted: str) -> str:
    """A name that is nothing but a name: no folders, no spaces, at most 120 characters."""
    safe = _UNWANTED.sub("-", wanted).strip("-.") or "detail.txt"
    return f"{_UNWANTED.sub('-', run_id)}-{safe[-80:]}"
