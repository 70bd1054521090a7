"""What every payload for Slack must be: within Slack's limits, and inert."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.model.document import encode
from bot.model.report import Report
from bot.playground.slack.blocks import characters as counted_by_slack
from bot.playground.slack.blocks import problems
from bot.slack import limits
from bot.slack.blocks import Message, characters
from bot.slack.uploads import Upload
from tests.slack.reports import ASKED, record

PNG = b"\x89PNG\r\n\x1a\n"

_HIDDEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


def assert_within_limits(part: Message | Upload) -> None:
    """As the local workspace checks it, and as our own limits say."""
    if isinstance(part, Upload):
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,130}", part.filename)
        assert not part.filename.startswith(".")
        assert len(part.title) <= limits.FILE_TITLE
        assert len(part.alt) <= limits.ALT_TEXT
        assert part.content
        return
    blocks = list(part.blocks)
    assert not problems(blocks)
    assert len(blocks) <= limits.BLOCKS
    assert sum(map(characters, blocks)) <= limits.MESSAGE_CHARACTERS
    assert sum(map(characters, blocks)) == counted_by_slack(blocks)
    assert 0 < len(part.text) <= limits.TEXT
    json.dumps(blocks, ensure_ascii=False).encode()


def assert_inert(part: Message | Upload) -> None:
    """Nothing in it rings anybody, links anywhere, ends its code span early or hides."""
    if isinstance(part, Upload):
        for text in (part.title, part.alt, part.filename):
            _assert_plain(text)
        if not part.content.startswith(PNG):
            assert not _HIDDEN.search(part.content.decode())
        return
    _assert_mrkdwn(part.text)
    for kind, text in _texts(list(part.blocks)):
        if kind == "mrkdwn":
            _assert_mrkdwn(text)
        else:
            _assert_plain(text)


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            assert value["type"] in ("mrkdwn", "plain_text", "raw_text")
            assert value.get("verbatim", False) is (value["type"] == "mrkdwn")
            yield value["type"], value["text"]
        for inner in value.values():
            yield from _texts(inner)


def _assert_mrkdwn(text: str) -> None:
    text = text.replace(ASKED.by, "")  # the one mention that is ours
    assert not _HIDDEN.search(text.replace("\n", ""))
    assert "<" not in text
    assert ">" not in text
    assert not _ENTITY.search(text)
    assert text.count("```") % 2 == 0
    for index, part in enumerate(text.split("```")):
        if index % 2:
            assert "`" not in part
            continue
        for line in part.split("\n"):
            assert line.count("`") % 2 == 0, line
            assert all("://" not in prose for prose in line.split("`")[::2])


def _assert_plain(text: str) -> None:
    assert not _HIDDEN.search(text)
    assert "\n" not in text
    assert not re.search(r"<[!@#]|://", text)


def shown_in_json(report: Report) -> Any:
    """What ``-o json`` prints of it."""
    return json.loads(encode(record(report)))["report"]
