"""A sheet of paper at a phone's width, drawn twofold. All measures are a phone's pixels."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.pictures.palette import INK, LINE, PAPER, QUIET, Colour

WIDTH = 360
MARGIN = 12
INNER = WIDTH - 2 * MARGIN
MOST_HEIGHT = 1_200
SCALE = 2
TITLE, TEXT, SMALL = 17, 13.5, 12
"""Sizes of letters."""

_LONGEST = 120
_COLOURS = 128
"""More than the eye tells apart here; a third of the bytes that wait for Slack."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def _font(size: float) -> Font:
    """Pillow's own font, which is there wherever Pillow is."""
    return ImageFont.load_default(size * SCALE)


def _known(text: str) -> str:
    """``text`` in the letters that the font has; what it does not have becomes "?"."""
    plain = unicodedata.normalize("NFKD", text).replace("…", "\x00")
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    shown = plain.encode("ascii", "replace").decode()
    return "".join("…" if char == "\x00" else char if char.isprintable() else "?" for char in shown)


class Canvas:
    """Draws from the top down; ``y`` is where the next thing goes. Cut to length in the end."""

    def __init__(self, title: str) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, MOST_HEIGHT * SCALE), PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self.y = float(MARGIN)
        self.paragraph(title, size=TITLE, ink=INK, most_lines=2)
        self.y += 4

    def png(self) -> bytes:
        """The sheet, cut below what was drawn, with a hairline around it."""
        height = min(round(self.y + MARGIN), MOST_HEIGHT) * SCALE
        sheet = self.image.crop((0, 0, WIDTH * SCALE, height))
        frame = (0, 0, WIDTH * SCALE - 1, height - 1)
        ImageDraw.Draw(sheet).rectangle(frame, outline=LINE, width=SCALE)
        few = sheet.quantize(_COLOURS, dither=Image.Dither.NONE)
        written = BytesIO()
        few.save(written, "PNG", optimize=True)
        return written.getvalue()

    def measure(self, text: str, size: float = TEXT) -> float:
        """How wide ``text`` is."""
        return _font(size).getlength(_known(text)) / SCALE

    def fitted(self, text: str, most: float, size: float = TEXT) -> str:
        """``text`` cut to ``most`` pixels in its middle: names differ at either end."""
        shown = _known(text) if len(text) <= _LONGEST else _known(f"{text[:60]}…{text[-60:]}")
        if self.measure(shown, size) <= most:
            return shown
        for kept in range(len(shown) - 1, 0, -1):
            front = kept * 2 // 5
            cut = f"{shown[:front]}…{shown[len(shown) - kept + front :]}"
            if self.measure(cut, size) <= most:
                return cut
        return "…"

    def text(
        self, x: float, y: float, text: str, *, size: float = TEXT, ink: Colour = INK,
        anchor: str = "la",
    ) -> None:  # fmt: skip
        """One line at a place; ``anchor`` is Pillow's."""
        self._draw.text(
            (x * SCALE, y * SCALE), _known(text), fill=ink, font=_font(size), anchor=anchor
        )

    def paragraph(
        self, text: str, *, x: float = MARGIN, size: float = SMALL, ink: Colour = QUIET,
        most_lines: int = 3,
    ) -> None:  # fmt: skip
        """Words over the width from ``x`` on, folded, the rest cut; moves ``y`` below them."""
        for line in self._folded(text, WIDTH - MARGIN - x, size, most_lines):
            self.text(x, self.y, line, size=size, ink=ink)
            self.y += round(size * 1.35)

    def _folded(self, text: str, width: float, size: float, most: int) -> list[str]:
        lines: list[str] = []
        words = _known(text[:1_000]).split()
        while words:
            line = words.pop(0)
            while words and self.measure(f"{line} {words[0]}", size) <= width:
                line += f" {words.pop(0)}"
            if len(lines) == most - 1 and words:
                line, words = f"{line} {words[0]}…", []
            lines.append(self.fitted(line, width, size))
        return lines

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour,
        *, outline: Colour | None = None, thick: float = 1,
    ) -> None:  # fmt: skip
        """A filled rectangle, at least one drawn pixel in each direction."""
        left, top = round(x * SCALE), round(y * SCALE)
        right = max(left, round((x + width) * SCALE) - 1)
        bottom = max(top, round((y + height) * SCALE) - 1)
        self._draw.rectangle(
            (left, top, right, bottom), fill=fill, outline=outline, width=round(thick * SCALE)
        )

    def line(
        self, x: float, y: float, to_x: float, to_y: float, ink: Colour, thick: float = 1
    ) -> None:
        """A straight line."""
        ends = (x * SCALE, y * SCALE, to_x * SCALE, to_y * SCALE)
        self._draw.line(ends, fill=ink, width=max(1, round(thick * SCALE)))

    def hatch(self, x: float, y: float, width: float, height: float) -> None:
        """Paper with slanted lines: "not seen"."""
        patch = _hatched(max(1, round(width * SCALE)), max(1, round(height * SCALE)))
        self.image.paste(patch, (round(x * SCALE), round(y * SCALE)))

    def upright(self, x: float, y: float, text: str, *, size: float = SMALL) -> None:
        """A line written upwards; its end is at ``y``."""
        shown = _known(text)
        left, top, right, bottom = _font(size).getbbox(shown, anchor="ls")
        patch = Image.new("RGB", (max(1, round(right - left)), max(1, round(bottom - top))), PAPER)
        ImageDraw.Draw(patch).text((-left, -top), shown, fill=INK, font=_font(size), anchor="ls")
        turned = patch.rotate(90, expand=True)
        place = (round(x * SCALE - turned.width / 2), round(y * SCALE - turned.height))
        self.image.paste(turned, place)


@lru_cache(maxsize=64)
def _hatched(width: int, height: int) -> Image.Image:
    patch = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(patch)
    for start in range(-height, width, 3 * SCALE):
        draw.line((start, height, start + height, 0), fill=QUIET, width=1)
    return patch
