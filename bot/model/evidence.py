"""Evidence: what was read from a system, with its source and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evidence(Generic[T]):
    """A value as read. ``source`` names the system and object in words a person recognises."""

    value: T
    source: str
    read_at: datetime
