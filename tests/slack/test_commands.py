"""Which cluster, which words: commands understood without touching anything."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.executor import Executor
from bot.engine.registry import Registry
from bot.slack.asked import Asked
from bot.slack.blocks import Message, characters
from bot.slack.commands import Start, understand
from bot.slack.help import detail, overview
from tests.slack.conftest import clusters, registry
from tests.slack.reports import ASKED

CHANNELS = {"C1": "prod-eu"}


@pytest.fixture(scope="module")
def executor() -> Executor:
    return Executor(registry(), clusters("prod-eu", "lab"))


def asks(text: str, channel: str = "C1") -> Asked:
    return msgspec.structs.replace(ASKED, text=text, channel=channel)


@pytest.mark.parametrize(
    ("text", "channel", "cluster", "command"),
    [
        ("status", "C1", "prod-eu", "/cilium status"),
        ("status --cluster lab", "C1", "lab", "/cilium status"),
        ("status —cluster lab", "C2", "lab", "/cilium status"),
        ("STATUS Node-7 --deep", "C1", "prod-eu", "/cilium status node-7 --deep"),
        (
            "status --deep --deadline 90s",
            "C1",
            "prod-eu",
            "/cilium status --deep --deadline 1m30s",
        ),
        ("flows --verdict forwarded", "C1", "prod-eu", "/cilium flows --verdict forwarded"),
    ],
)
def test_cluster_and_command(
    executor: Executor, text: str, channel: str, cluster: str, command: str
) -> None:
    understood = understand(executor, CHANNELS, asks(text, channel))
    assert isinstance(understood, Start)
    assert understood.cluster == cluster
    assert understood.asked.command == command
    assert understood.asked.terminal.endswith(f"--cluster {cluster}")


def test_cluster_is_never_guessed(executor: Executor) -> None:
    understood = understand(executor, CHANNELS, asks("status", "C2"))
    assert isinstance(understood, Message)
    assert "Which cluster?" in understood.text
    assert "lab, prod-eu" in understood.text


def test_the_only_cluster_needs_no_name() -> None:
    one = Executor(registry(), clusters("lab"))
    understood = understand(one, {}, asks("status", "C2"))
    assert isinstance(understood, Start)
    assert understood.cluster == "lab"


@given(st.text(max_size=700))
def test_any_text_is_understood_or_explained(text: str) -> None:
    understood = understand(Executor(registry(), clusters("lab")), {}, asks(text))
    if isinstance(understood, Message):
        assert understood.text
        assert all(characters(block) <= 3_000 for block in understood.blocks)


def test_help_of_a_command_leaves_wrapping_to_the_phone() -> None:
    wide = "A summary.\n\nWrapped by\nits author, `kubectl get`, <!here>.\n--deep stands alone."
    runbook = dataclasses.replace(registry().get("status"), help=wide)
    [block] = detail(runbook, "@cilium").blocks
    assert block["text"]["text"].splitlines() == [
        "`@cilium status [NODE] [--deep]`",
        "",
        "A summary.",
        "",
        "Wrapped by its author, `kubectl get`, &lt;!here&gt;.",
        "--deep stands alone.",
    ]
    endless = dataclasses.replace(runbook, help="word " * 2_000 + "\n\n" + "line\n-" * 2_000)
    assert all(characters(block) <= 3_000 for block in detail(endless).blocks)


def test_help_of_an_empty_house_says_so() -> None:
    assert "No command is installed" in str(overview(Registry([])).blocks)
