"""What tests of several rooms ask for."""

from __future__ import annotations

import pytest

from bot.store import connection


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store on a busy machine answers late; only what is about that should see it away."""
    monkeypatch.setattr(connection, "CONNECT", 10.0)
    monkeypatch.setattr(connection, "ANSWER", 20.0)
