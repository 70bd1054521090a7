"""Log lines: their two forms, the run they belong to, and no secret in any."""

from __future__ import annotations

import logging
import string
import sys

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.engine.run import run_in_context
from bot.observability import logs
from bot.observability.logs import JsonLines, TextLines
from bot.observability.redaction import HIDDEN, Redaction

TOKEN = string.ascii_letters + string.digits + "-_./+=:!#%&*"


def record(message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    caught = None
    if failed:
        try:
            raise ValueError(message)
        except ValueError:
            caught = sys.exc_info()
    return logging.LogRecord("bot.x", logging.INFO, __file__, 1, message, args, caught)


@given(
    st.text(TOKEN, min_size=8, max_size=60),
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from([JsonLines, TextLines]),
    st.booleans(),
)
def test_a_registered_secret_never_appears(
    secret: str, before: str, after: str, form: type[JsonLines | TextLines], failed: bool
) -> None:
    lines = form(Redaction([secret]))
    assume(secret not in lines.format(record("", failed=failed)))
    said = record("%s", f"{before}{secret}{after}{secret}")
    if failed:
        said = record(f"{before}{secret}{after}".replace("%", ""), failed=True)
    assert secret not in lines.format(said)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the token xoxb-1-hush is refused", "hush"),
        ("xoxe.xoxb-1-hush", "hush"),
        ("xapp-1-A0-hush", "hush"),
        ("POST https://hooks.slack.com/commands/T1/2/hush failed", "hush"),
        ("X-Slack-Signature: v0=" + "ab12" * 16, "ab12ab12"),
        ("Authorization: Bearer hush.hush.hush", "hush"),
        ("{'Authorization': 'Basic aHVzaDpodXNo'}", "aHVzaDpodXNo"),
        ("sent bearer abcdefgh-hush", "hush"),
        ("eyJhbGciOi.eyJzdWIi.hush", "hush"),
        ("-----BEGIN EC PRIVATE KEY-----\nhush\n-----END EC PRIVATE KEY-----", "hush"),
        ("redis://bot:hush@redis:6379/0", "hush"),
        ("GET /x?token=hush&a=1", "hush"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    shown = Redaction().redact(text)
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "Slack refuses the token: invalid_auth.",
        "https://10.0.0.1:6443 did not answer within 10 s.",
        "run r-abc on node-7: 3 of 12",
        "a bearer of news",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redaction(["short"]).redact(text) == text


def test_a_secret_is_hidden_in_its_other_forms() -> None:
    redaction = Redaction(["p@ss/word+1"])
    assert redaction.redact("p%40ss%2Fword%2B1 cEBzcy93b3JkKzE=") == f"{HIDDEN} {HIDDEN}"


def test_json_has_the_run_and_the_traceback_on_one_line() -> None:
    token = run_in_context.set("r-1")
    try:
        line = JsonLines(Redaction()).format(record("a\nb", failed=True))
    finally:
        run_in_context.reset(token)
    assert "\n" not in line
    said = msgspec.json.decode(line)
    assert (said["run"], said["level"], said["logger"]) == ("r-1", "info", "bot.x")
    assert "ValueError" in said["error"]
    assert "run" not in msgspec.json.decode(JsonLines(Redaction()).format(record("x")))


def test_text_never_lets_a_message_forge_a_line_or_move_the_cursor() -> None:
    line = TextLines(Redaction()).format(record("a\n2026 critical \x1b[2Jb"))
    assert "\n" not in line
    assert "\x1b" not in line


def test_configure_writes_ours_by_level_and_libraries_from_warning(
    capfd: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.OURS}
    try:
        logs.configure("json", "debug", ["hush-hush-hush"])
        logging.getLogger("bot.x").debug("ours hush-hush-hush")
        logging.getLogger("slack_sdk.x").info("theirs")
        logging.getLogger("aiohttp").warning("theirs, hush-hush-hush")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
    said = [msgspec.json.decode(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["message"] for line in said] == [f"ours {HIDDEN}", f"theirs, {HIDDEN}"]
