"""docs/changes.md tells of every state, button and command there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack.changes import words
from bot.slack.changes.buttons import LABELS
from bot.slack.changes.commands import AT_ONCE

PAGE = (Path(__file__).parents[3] / "docs" / "changes.md").read_text()


@pytest.mark.parametrize("state", words.STATES.values())
def test_every_state_says_what_to_do(state: str) -> None:
    assert f"\n| {state.split(' ', 1)[1].rstrip('…')} |" in PAGE


@pytest.mark.parametrize("label", LABELS.values())
def test_every_button_has_its_people(label: str) -> None:
    assert f"**{label}**" in PAGE


@pytest.mark.parametrize("command", [command.name for command in AT_ONCE])
def test_every_command_is_there(command: str) -> None:
    assert f"`/cilium {command}" in PAGE
