"""What tests of several rooms ask for."""

from __future__ import annotations

import pytest

from bot.store import connection


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests measured, whichever process they ran in."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "figures" and report.when == "call":
                    terminalreporter.write_line(str(value))


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store on a busy machine answers late; only what is about that should see it away."""
    monkeypatch.setattr(connection, "CONNECT", 10.0)
    monkeypatch.setattr(connection, "ANSWER", 20.0)
