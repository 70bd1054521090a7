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
MESSAGE_CHARACTERS: Final = 12_000
FALLBACK: Final = 300
"""Our own: what a phone's notification shows; ``chat.update`` would take 4,000."""

OPTIONS: Final = 100
"""Choices of a menu."""
OPTION: Final = 75
OPTION_VALUE: Final = 150
BLOCK_ID: Final = 255
TYPED: Final = 300
"""Our own: characters of one field of a form; Slack would take 3,000."""
FIELD_ERROR: Final = 300
"""Our own: a form shows an error in small print under its field."""

PHONE_COLUMNS: Final = 60
"""Our own: monospace columns in a thread before a table is better read as a file."""
