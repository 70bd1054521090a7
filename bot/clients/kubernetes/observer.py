"""What is told of every request and exec: for figures, never for decisions."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Must not block and must not raise. ``outcome`` is a word of :mod:`bot.model.outcome`."""

    def requested(self, method: str, seconds: float, outcome: str) -> None:
        """A request to the API server ended; each attempt counts."""

    def executed(self, seconds: float, outcome: str) -> None:
        """A command in a pod ended, waiting for its turn not counted."""


class Silent:
    """Nobody watches."""

    def requested(self, method: str, seconds: float, outcome: str) -> None:
        """Nothing."""

    def executed(self, seconds: float, outcome: str) -> None:
        """Nothing."""
