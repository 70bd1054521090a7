"""Untrusted text without characters that hide or act: for terminals, pages and messages alike.

Control characters become their pictures (an escape sequence can otherwise rewrite a terminal),
direction overrides their number (they can otherwise reverse what a name seems to say), and other
invisible characters are dropped.
"""

from __future__ import annotations

import unicodedata

_DIRECTION = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str, *, lines: bool = False) -> str:
    """``text`` safe to show; line breaks stay only with ``lines``."""
    if text.isascii() and text.isprintable():
        return text
    if lines:
        text = text.replace("\r\n", "\n").expandtabs(4)
        return "\n".join(visible(line) for line in text.split("\n"))
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char in _DIRECTION:
        return f"⟨U+{ord(char):04X}⟩"
    match unicodedata.category(char):
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cc" if char in "\n\r\t\v\f":
            return " "
        case "Cc" if ord(char) < 0x20:
            return chr(0x2400 + ord(char))
        case "Cc" | "Cs":
            return "�"
        case "Cf":
            return ""
        case _:
            return char
