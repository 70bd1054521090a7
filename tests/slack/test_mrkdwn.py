"""Untrusted text is inert, whatever it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.mrkdwn import bold, code, escape, fenced, plain, sentence

HOSTILE = st.text(
    st.one_of(
        st.sampled_from(
            "<>&*_~`:!@#|/ \n\r\t\u202e\u2066\u200f\u200b\u2060\ud800\x00\x1b\x7fé☃100ax"
        ),
        st.characters(),
    )
)
ACTIVE = re.compile(r"[<>*~`\n\r]|&(?!amp;|lt;|gt;)|://")
EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
EMOJI = re.compile(r":(?=[^\s:\u2060]+:)(?!(?!100:|1234:)[0-9]+:)")  # no name holds a joiner
HIDDEN = re.compile(
    r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)


@given(HOSTILE, st.integers(1, 200))
def test_escape_leaves_nothing_active(text: str, most: int) -> None:
    shown = escape(text, most)
    assert len(shown) <= most
    assert not ACTIVE.search(shown)
    assert not EDGE_UNDERSCORE.search(shown)
    assert not EMOJI.search(shown)
    assert not HIDDEN.search(shown)
    assert not shown.startswith("&gt;")


@given(HOSTILE, st.integers(12, 300))
def test_code_stays_one_span(text: str, most: int) -> None:
    shown = code(text, most)
    assert len(shown) <= most
    assert shown.startswith("`")
    assert shown.endswith("`")
    inside = shown[1:-1]
    assert inside.strip()
    assert not re.search(r"[<>`\n]|&(?!amp;|lt;|gt;)", inside)
    assert not HIDDEN.search(inside)


@given(HOSTILE, st.integers(40, 400))
def test_fenced_stays_one_block(text: str, most: int) -> None:
    shown = fenced(text, most)
    assert len(shown) <= most
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")
    inside = shown[4:-4]
    assert not re.search(r"[<>`]|&(?!amp;|lt;|gt;)", inside)
    assert not HIDDEN.search(inside)


@given(HOSTILE, st.integers(20, 300))
def test_sentence_is_prose_and_whole_code_spans(text: str, most: int) -> None:
    shown = sentence(text, most)
    assert len(shown) <= most
    assert shown.count("`") % 2 == 0
    for index, part in enumerate(shown.split("`")):
        if index % 2 == 0:
            assert not ACTIVE.search(part)
            assert not EMOJI.search(part)
    assert not HIDDEN.search(shown)


@given(HOSTILE, st.integers(12, 300))
def test_bold_is_bold_and_within_its_length(text: str, most: int) -> None:
    shown = bold(text, most)
    assert len(shown) <= most
    assert shown.startswith("*")
    assert shown.endswith("*")
    assert "*" not in shown[1:-1]


@given(HOSTILE, st.integers(1, 200))
def test_plain_hides_nothing_and_is_encodable(text: str, most: int) -> None:
    shown = plain(text, most)
    assert len(shown) <= most
    assert not HIDDEN.search(shown)
    shown.encode()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel> help", "&lt;!channel&gt; help"),
        ("<@U123>", "&lt;@U123&gt;"),
        ("a & b", "a &amp; b"),
        ("*bold* ~gone~", "∗bold∗ ∼gone∼"),
        ("_quiet_ node_cpu_seconds", "ˍquietˍ node_cpu_seconds"),
        (":white_check_mark: all ok", ":\u2060white_check_mark: all ok"),
        ("12:34:56 fd00:10:244::7", "12:34:56 fd00:10:244::7"),
        ("https://evil.example", "https:\u2060//evil.example"),
        ("> quoted", "\u2060&gt; quoted"),
        ("one\ntwo\tthree", "one two three"),
        ("\u202eevil", "⟨U+202E⟩evil"),
        ("zero\u200bwidth", "zerowidth"),
        ("bell\x07", "bell␇"),
        ("nothing to do: node-7 is fine — 3 of 3", "nothing to do: node-7 is fine — 3 of 3"),
        ("שלום 🐝", "שלום 🐝"),
    ],
)
def test_escape_reads_like_this(typed: str, shown: str) -> None:
    assert escape(typed) == shown


def test_escape_never_cuts_an_entity() -> None:
    assert escape("&&&&", 12) == "&amp;&amp;…\u2060"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("kubectl -n kube-system logs x --tail=5", "`kubectl -n kube-system logs x --tail=5`"),
        ("Run `cilium status *` now", "Run `cilium status *` now"),
        ("cilium is not running.", "cilium is not running."),
        ("one ` alone", "one ˋ alone"),
    ],
)
def test_commands_become_code(typed: str, shown: str) -> None:
    assert sentence(typed) == shown
