"""Secrets come from the environment or from files, and are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.errors import ConfigurationError
from bot.settings import InvalidSettings, load

VALUES = {
    "SLACK_BOT_TOKEN": "xoxb-1234-hush",
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abhush",
    "SLACK_APP_TOKEN": "xapp-1-A0-hush",
    "SEAL_KEY": "0123456789abcdef" * 3 + "hush",
}


def test_each_secret_is_read_from_the_environment() -> None:
    credentials = load(None, VALUES).credentials
    assert credentials.slack_bot_token is not None
    assert credentials.slack_bot_token.get_secret_value() == VALUES["SLACK_BOT_TOKEN"]
    assert credentials.slack_signing_secret is not None
    assert credentials.slack_signing_secret.get_secret_value() == VALUES["SLACK_SIGNING_SECRET"]
    assert credentials.slack_app_token is not None
    assert credentials.slack_app_token.get_secret_value() == VALUES["SLACK_APP_TOKEN"]
    assert credentials.seal_key is not None
    assert credentials.seal_key.get_secret_value() == VALUES["SEAL_KEY"]
    assert set(credentials.values()) == set(VALUES.values())


def test_each_secret_is_read_from_a_file(tmp_path: Path) -> None:
    for name, value in VALUES.items():
        (tmp_path / name).write_text(f"{value}\n")
    environ = {f"{name}_FILE": str(tmp_path / name) for name in VALUES}
    assert load(None, environ) == load(None, VALUES)


def test_no_representation_shows_a_secret() -> None:
    settings = load(None, VALUES)
    shown = [repr(settings), str(settings), f"{settings.credentials}", settings.model_dump_json()]
    assert not any("hush" in text for text in [*shown, str(settings.model_dump())])


def test_a_missing_secret_is_no_error_until_a_door_requires_it() -> None:
    credentials = load(None, {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": " "}).credentials
    credentials.require("SLACK_BOT_TOKEN")
    with pytest.raises(ConfigurationError) as caught:
        credentials.require("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN")
    assert caught.value.message == (
        "Missing in the environment: SLACK_SIGNING_SECRET, SLACK_APP_TOKEN."
    )
    assert "SLACK_SIGNING_SECRET: Basic Information" in caught.value.hint


def test_requiring_a_secret_that_nobody_knows_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        load(None, VALUES).credentials.require("SLACK_TOKEN")


def test_everything_wrong_in_the_environment_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    environ = {
        "SLACK_BOT_TOKEN": "xoxb-1-hush",
        "SLACK_BOT_TOKEN_FILE": str(tmp_path / "other"),
        "SLACK_SIGNING_SECRET_FILE": str(tmp_path / "empty"),
        "SLACK_APP_TOKEN_FILE": str(tmp_path / "binary"),
    }
    with pytest.raises(InvalidSettings) as caught:
        load(None, environ)
    assert [str(problem).replace(str(tmp_path), "DIR") for problem in caught.value.problems] == [
        "environment: SLACK_BOT_TOKEN: "
        "given twice; keep either SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE",
        "environment: SLACK_SIGNING_SECRET: "
        "DIR/empty, named by SLACK_SIGNING_SECRET_FILE, is empty",
        "environment: SLACK_APP_TOKEN: DIR/binary, named by SLACK_APP_TOKEN_FILE, is not text",
    ]


@pytest.mark.parametrize(
    ("environ", "what"),
    [
        ({"SLACK_BOT_TOKEN": "xapp-1-hush"}, "does not begin with xoxb-"),
        ({"SLACK_APP_TOKEN": "xoxb-1-hush"}, "does not begin with xapp-"),
        ({"SLACK_SIGNING_SECRET": "xoxb-1-hush"}, "holds a value that belongs in SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "hush hush"}, "is not one line of plain characters"),
        ({"SLACK_SIGNING_SECRET": "hush\u200b"}, "is not one line of plain characters"),
        ({"SLACK_SIGNING_SECRET": "hush" * 5000}, "is not one line of plain characters"),
        ({"SEAL_KEY": "hush" * 7}, "is shorter than 32 characters"),
        ({"SEAL_KEY": "xoxb-1-hush" * 3}, "holds a value that belongs in SLACK_BOT_TOKEN"),
        ({"SEAL_KEY": "hush " * 20}, "is not one line of plain characters"),
        ({"SLACK_SIGNING_SECRET_FILE": "no/such/hush"}, "cannot be read: No such file"),
        ({"SLACK_SIGNING_SECRET_FILE": "nul\0"}, "cannot be read: not a usable path"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_unseen(environ: dict[str, str], what: str) -> None:
    with pytest.raises(InvalidSettings, match=what) as caught:
        load(None, environ)
    assert "hush" not in str(caught.value).replace("no/such/hush", "")


def test_a_rotated_bot_token_is_accepted() -> None:
    assert load(None, {"SLACK_BOT_TOKEN": "xoxe.xoxb-1-abc"}).credentials.slack_bot_token
