"""Slack's limits, in characters or items.

Sources: the Block Kit and ``chat.*`` reference pages of docs.slack.dev; the total of a message's
blocks is documented nowhere, is refused as ``msg_blocks_too_long`` near 13,200 characters, and is
budgeted here with a margin.
"""

from __future__ import annotations

from typing import Final

SECTION: Final = 3_000
HEADER: Final = 150
BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
"""Of a modal or a home tab."""
MESSAGE_CHARACTERS: Final = 12_000
FALLBACK: Final = 300
"""Our own: what a phone's notification shows; ``chat.update`` would take 4,000."""

TEXT: Final = 4_000
"""Our own: the text of a message that says in words what its blocks show."""

TABLE_ROWS: Final = 100
"""The row of names counts."""
TABLE_COLUMNS: Final = 20
TABLE_CHARACTERS: Final = 10_000
"""Our own, over all cells; its title and the small print need the rest. One table a message."""
CELL: Final = 2_000
"""Our own: text of one cell before its table is better read as a file."""

ALT_TEXT: Final = 1_000
"""Of a file: longer ones are refused as ``alt_txt_too_large``."""
FILE_TITLE: Final = 200
"""Our own."""
