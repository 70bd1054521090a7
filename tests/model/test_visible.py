import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("zero\u200bwidth", "zerowidth"),
        ("two\nlines", "two lines"),
        ("no-break\u00a0space", "no-break space"),
        ("naïve 漢字 😀", "naïve 漢字 😀"),
    ],
)
def test_what_hides_or_acts_becomes_harmless(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_breaks_stay_where_asked() -> None:
    assert visible("one\r\ntwo\x07", lines=True) == "one\ntwo␇"


@given(st.text())
def test_no_character_that_acts_survives(text: str) -> None:
    assert not {unicodedata.category(char) for char in visible(text)} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }
