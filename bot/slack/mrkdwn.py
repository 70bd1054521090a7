"""Untrusted text, made safe for Slack's mrkdwn. Everything not written in this room passes here.

What could do harm, and what becomes of it:

- ``& < >`` begin mentions, broadcasts and links: escaped as Slack asks ("Formatting message
  text", docs.slack.dev), so ``<!channel>`` is shown and rings nobody.
- ``* ~ _`` and backticks change the layout; Slack has no escape for them. They become look-alikes,
  which holds in every client; names keep the underscores inside them. What a person may want to
  copy goes through :func:`code`, where only the backtick changes.
- ``:name:`` becomes a picture, and a picture can look like our verdict: broken by a word joiner.
- ``://`` becomes a link in clients that look for one: broken the same way. Our text objects are
  ``verbatim`` besides.
- places that know no markup (:func:`plain`) get the same joiner inside ``<!``, ``<@``, ``<#`` and
  ``://``, so that a client which did look for markup there would find none.
- characters that hide or act are made visible (:mod:`bot.model.visible`).
"""

from __future__ import annotations

import re

from bot.model.visible import visible

JOINER = "\u2060"
CUT = "…" + JOINER
"""Where we left something out. Text from elsewhere keeps no joiner, so none of it looks alike."""
EMPTY = "(empty)"

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOK_ALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_MARKUP = re.compile(r"(?<=<)(?=[!@#])|(?<=:)(?=//)")
_EMOJI = re.compile(r":(?!(?!100:|1234:)[0-9]+:)(?=[^\s:]+:)")
_COMMAND = re.compile(
    r"(?:kubectl|cilium|cilium-dbg|cilium-oncall|helm|hubble|/cilium) [a-z-].*[^.?!:]\Z"
)
"""What a command for a person to copy looks like, as opposed to a sentence about one."""


def escape(text: str, most: int = 3_000) -> str:
    """``text`` as inert mrkdwn on one line, at most ``most`` characters after escaping."""
    shown = visible(text).strip().translate(_LOOK_ALIKES)
    shown = _EDGE_UNDERSCORE.sub("ˍ", shown)
    shown = _EMOJI.sub(":" + JOINER, shown).replace("://", f":{JOINER}//")
    if shown.startswith(">"):  # a line that begins so is a quotation, escaped or not
        shown = JOINER + shown
    return _entities(shown, most)


def code(text: str, most: int = 300) -> str:
    """``text`` in an inline code span, at most ``most`` characters with its marks."""
    shown = visible(text).strip().replace("`", "ˋ")
    return f"`{_entities(shown or EMPTY, most - 2)}`"


def fenced(text: str, most: int = 3_000) -> str:
    """``text`` in a monospace block that keeps its lines, at most ``most`` characters in all."""
    shown = visible(text, lines=True).rstrip().strip("\n").replace("`", "ˋ")
    return f"```\n{_entities(shown or EMPTY, most - 8)}\n```"


def bold(text: str, most: int = 300) -> str:
    """``text`` in bold, at most ``most`` characters with its marks."""
    return f"*{escape(text, most - 2) or EMPTY}*"


def sentence(text: str, most: int = 300) -> str:
    """A sentence that may hold a command: whole, or between backticks; commands become code.

    At most ``most`` characters, cut between its parts when it must be.
    """
    if _COMMAND.match(text):
        return code(text, most)
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text, most)
    written = ""
    for index, part in enumerate(parts):
        room = most - len(written) - len(CUT)
        if not part.strip():
            shown = part and " "
        elif index % 2:
            shown = code(part, room) if room > 8 else CUT
        else:
            inner = escape(part, max(1, room - 2))
            shown = " " * part.startswith(" ") + inner + " " * part.endswith(" ")
        if len(shown) > room:
            return written + CUT
        written += shown
    return written.strip()


def plain(text: str, most: int) -> str:
    """``text`` for places that know no markup (headers, titles, cells), at most ``most``
    characters, on one line."""
    shown = _MARKUP.sub(JOINER, visible(text).strip())
    if len(shown) <= most:
        return shown
    return (shown[: max(0, most - len(CUT))].rstrip() + CUT)[:most]


def characters(text: str) -> int:
    """How many characters ``text`` takes once its entities are written."""
    return len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


def _entities(text: str, most: int) -> str:
    """``text`` with entities, cut between characters and never inside one."""
    if characters(text) <= most:
        return "".join(_ENTITIES.get(char, char) for char in text)
    room = most - len(CUT)
    kept: list[str] = []
    for char in text:
        piece = _ENTITIES.get(char, char)
        if len(piece) > room:
            break
        room -= len(piece)
        kept.append(piece)
    return ("".join(kept).rstrip("_ ") + CUT)[: max(0, most)]
