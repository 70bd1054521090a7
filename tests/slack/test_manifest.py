"""config/slack-manifest.yaml asks Slack for what the code uses, and for nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.slack import surface
from bot.slack.door import PATH

ROOT = Path(__file__).parents[2]
METHOD = re.compile(r"[a-z]+(?:\.[a-z]+)*\.[a-z][A-Za-z]+\Z")
FAMILIES = frozenset(
    [
        *("admin", "api", "apps", "auth", "bookmarks", "bots", "calls", "canvases", "chat"),
        *("conversations", "dnd", "emoji", "files", "oauth", "pins", "reactions", "reminders"),
        *("search", "stars", "team", "usergroups", "users", "views", "workflows"),
    ]
)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "config" / "slack-manifest.yaml").read_text())
    return loaded


def called(folder: Path) -> Iterator[str]:
    """Every Web API method that the code names in a call, wherever the name is written."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    word = argument.value
                    if METHOD.match(word) and word.split(".")[0] in FAMILIES:
                        yield word


def registered(kind: str) -> list[str]:
    """What ``self._bolt.KIND(...)`` is called with anywhere in the Slack room."""
    found: list[str] = []
    for file in (ROOT / "bot" / "slack").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if node.func.attr == kind and getattr(owner, "attr", "") == "_bolt":
                    found.append(ast.unparse(node.args[0]))
    return found


def test_every_method_the_code_calls_has_its_scopes_listed_and_no_other_has() -> None:
    assert set(called(ROOT / "bot" / "slack")) == {*surface.METHODS, *surface.OPTIONAL}


OPTIONAL = frozenset[str]().union(*surface.OPTIONAL.values())


def test_optional_scopes_are_not_needed_and_every_place_names_them() -> None:
    assert not OPTIONAL & surface.SCOPES
    for file in ("config/slack-manifest.yaml", "docs/operations.md", "docs/continuity.md"):
        said = (ROOT / file).read_text()
        assert all(scope in said for scope in OPTIONAL), file


def test_scopes_are_those_of_the_methods_and_commands(manifest: dict[str, Any]) -> None:
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert len(asked) == len(set(asked))
    assert set(asked) == surface.SCOPES | OPTIONAL
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_commands_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    commands = manifest["features"]["slash_commands"]
    assert tuple(command["command"] for command in commands) == surface.COMMANDS
    assert len(registered("command")) == len(surface.COMMANDS)
    for command in commands:
        assert command["should_escape"] is True
        assert command["url"] == f"https://YOUR-HOST{PATH}"


def test_events_and_interactivity_are_asked_for_only_where_something_listens(
    manifest: dict[str, Any],
) -> None:
    settings = manifest["settings"]
    events = settings.get("event_subscriptions", {}).get("bot_events", [])
    assert set(events) == set(surface.EVENTS)
    assert len(registered("event")) == len(surface.EVENTS)
    clicks = any(registered(kind) for kind in ("action", "view", "shortcut", "options"))
    assert settings["interactivity"]["is_enabled"] is clicks is surface.INTERACTIVE
    assert settings["interactivity"]["request_url"] == f"https://YOUR-HOST{PATH}"


def test_the_operations_page_names_the_manifest_and_every_scope() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert "config/slack-manifest.yaml" in page
    for scope in surface.SCOPES:
        assert f"`{scope}`" in page
