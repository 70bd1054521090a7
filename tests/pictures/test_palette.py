"""Colours that can be told apart: contrast by WCAG 2.2, and lightness for those who see no hue."""

from __future__ import annotations

import pytest

from bot.model.pictures import Tone
from bot.pictures.palette import (
    BLUE,
    FILLS,
    INK,
    NOTHING,
    PAPER,
    QUIET,
    contrast,
    heat,
    ink_on,
    luminance,
)


def test_contrast_is_wcag_s() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ink", [INK, QUIET])
def test_words_read_well_on_paper(ink: tuple[int, int, int]) -> None:
    assert contrast(ink, PAPER) >= 7.0


@pytest.mark.parametrize("tone", Tone)
def test_letters_read_well_on_every_state(tone: Tone) -> None:
    assert contrast(ink_on(FILLS[tone]), FILLS[tone]) >= 4.5


@pytest.mark.parametrize("tone", [Tone.BAD, Tone.WARNING, Tone.UNSEEN])
def test_edges_stand_out_from_their_box_and_from_a_good_neighbour(tone: Tone) -> None:
    assert contrast(INK, FILLS[tone]) >= 3.0
    assert contrast(INK, FILLS[Tone.GOOD]) >= 3.0


def test_bad_differs_in_lightness_from_good_and_warning() -> None:
    assert contrast(FILLS[Tone.BAD], FILLS[Tone.GOOD]) >= 2.0
    assert contrast(FILLS[Tone.BAD], FILLS[Tone.WARNING]) >= 1.7


def test_bars_stand_out_from_paper() -> None:
    assert contrast(BLUE, PAPER) >= 4.5


def test_more_is_always_darker() -> None:
    shades = [luminance(heat(step / 100)) for step in range(101)]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == len(shades)
    assert luminance(NOTHING) > shades[0]
    assert contrast(heat(0.0), heat(1.0)) >= 10.0


@pytest.mark.parametrize("share", [0.0, 0.1, 0.35, 0.5, 0.65, 0.8, 1.0])
def test_figures_read_well_on_every_shade(share: float) -> None:
    assert contrast(ink_on(heat(share)), heat(share)) >= 4.5
