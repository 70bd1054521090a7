"""What doors say to changes: ask for one, decide on one, and hold them all back."""

from __future__ import annotations
