"""Lines of words on a terminal: untrusted text made visible, folded only where somebody looks."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bot.model.visible import visible

HANGING = "  "


def print_line(console: Console, *parts: tuple[str, str]) -> None:
    """One line of words with their styles. A terminal folds it, and what is folded stands a
    little further in."""
    text = Text()
    for words, style in parts:
        text.append(visible(words), style=style)
    if not console.is_terminal:
        console.print(text, soft_wrap=True)
        return
    indent = len(text.plain) - len(text.plain.lstrip())
    lines = text[indent:].wrap(console, max(20, console.width - indent - len(HANGING)))
    for number, line in enumerate(lines or [text]):
        line.rstrip()
        console.print(Text(" " * indent + HANGING * (number > 0)) + line)
