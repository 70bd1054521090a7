"""Matchers as Alertmanager reads them, and patterns that would be slow."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.alert_matcher import LONGEST_VALUE, parse_matcher

LABELS = {"alertname": "CiliumAgentDown", "node": "node-7", "odd": 'a"b\\c'}


@pytest.mark.parametrize(("written", "holds"), [
    ('alertname="CiliumAgentDown"', True), ("alertname=CiliumAgentDown", True),
    (' alertname = "CiliumAgentDown" ', True), ('alertname="CiliumAgent"', False),
    ('alertname!="X"', True), ('alertname!="CiliumAgentDown"', False),
    ('alertname=~"Cilium.*"', True), ('alertname=~"Cilium"', False), ('alertname=~".*Down"', True),
    ('alertname!~"Cilium.*"', False), ('alertname!~"Cilium"', True),
    ('alertname=~"X|CiliumAgentDown"', True), ('alertname=~"(?:X|Cilium)AgentDown"', True),
    ('node=~"node-\\\\d+"', True), ('node=~"node-\\d+"', True), ('node=~"node-[0-9]{1,3}"', True),
    ('absent=""', True), ('absent!=""', False), ('absent=~".+"', False), ('absent!~".+"', True),
    ('odd="a\\"b\\\\c"', True),
])  # fmt: skip
def test_what_holds(written: str, holds: bool) -> None:
    assert parse_matcher(written).holds(LABELS) is holds


@pytest.mark.parametrize(("written", "said"), [
    ("", "not a matcher"), ("alertname", "not a matcher"), ('a-b="c"', "not a matcher"),
    ('a="b" c', "not a matcher"), ('a="b', "never closed"), ('a=~"("', "not a pattern"),
    ('a=~"(a+)+"', "repeated group"), ('a=~"(?:a|b)*"', "repeated group"),
    ('a=~"(a){9}"', "repeated group"), ('a=~"(?=b)"', "no such group"),
    ('a=~"(?P<n>b)"', "no such group"), ('a=~"(b)\\1"', "no references"),
    ('a=~".*.*.*.*"', "more than 3"), ('a=~"' + "b" * 1001 + '"', "more than 1000"),
    ('a=~"b{99999999999}"', "not a pattern"),
])  # fmt: skip
def test_what_is_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_matcher(written)


def test_a_value_beyond_the_longest_is_matched_by_no_pattern() -> None:
    matcher = parse_matcher('a=~"x*"')
    assert matcher.holds({"a": "x" * LONGEST_VALUE})
    assert not matcher.holds({"a": "x" * (LONGEST_VALUE + 1)})


def test_the_slowest_pattern_that_is_taken_is_quick() -> None:
    matcher = parse_matcher('a=~".*a.*a.*b"')
    began = time.process_time()
    assert not matcher.holds({"a": "a" * LONGEST_VALUE})
    assert time.process_time() - began < 0.5


@given(st.text(max_size=40))
def test_any_text_is_a_matcher_or_a_sentence(text: str) -> None:
    for written in (text, f'a=~"{text}"'):
        with suppress(ValueError):
            parse_matcher(written).holds({"a": text})
