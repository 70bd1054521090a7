"""Draws pictures as PNG: readable at a phone's width, in light and dark, without colour."""

from __future__ import annotations

import asyncio

from bot.model.pictures import Picture


async def png(picture: Picture) -> bytes:
    """``picture`` as PNG. Drawn in a thread: a large one takes a good part of a second."""
    return await asyncio.to_thread(_draw, picture)


def _draw(picture: Picture) -> bytes:
    # Pillow is imported by the first picture and not by --help.
    from bot.pictures.drawing import draw

    return draw(picture)
