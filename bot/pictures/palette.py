"""Colours that people with any kind of colour vision tell apart, on paper of their own.

After Okabe and Ito, "Color Universal Design" (2008). The paper is opaque, so that a picture reads
the same in a light and in a dark client. Colour never stands alone: states differ in shape and
letter besides, figures in lightness.
"""

from __future__ import annotations

from bot.model.pictures import Tone

Colour = tuple[int, int, int]

PAPER: Colour = (250, 250, 247)
INK: Colour = (26, 26, 26)
QUIET: Colour = (84, 84, 84)
"""Small print."""
LINE: Colour = (200, 200, 196)
BLUE: Colour = (0, 114, 178)

FILLS: dict[Tone, Colour] = {
    Tone.BAD: (213, 94, 0),
    Tone.WARNING: (240, 178, 50),
    Tone.UNSEEN: PAPER,
    Tone.GOOD: (157, 216, 196),
}

_HEAT: tuple[Colour, ...] = ((224, 236, 244), (86, 180, 233), (0, 114, 178), (8, 36, 72))
"""From little to much; its lightness only falls, so that it reads in grey as well."""
NOTHING: Colour = (255, 255, 255)
"""A figure of zero."""


def heat(share: float) -> Colour:
    """The colour of a figure above zero that is ``share`` (0 to 1) of the largest one."""
    place = min(max(share, 0.0), 1.0) * (len(_HEAT) - 1)
    index = min(int(place), len(_HEAT) - 2)
    low, high, part = _HEAT[index], _HEAT[index + 1], place - index
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: Colour) -> Colour:
    """The ink that reads better on ``colour``."""
    return INK if contrast(INK, colour) >= contrast(PAPER, colour) else PAPER
