"""Picture in, PNG out."""

from __future__ import annotations

from bot.model.pictures import Matrix, NodeMap, Picture, Timeline
from bot.pictures.canvas import Canvas
from bot.pictures.matrix import draw_matrix
from bot.pictures.nodes import draw_nodes
from bot.pictures.timeline import draw_timeline


def draw(picture: Picture) -> bytes:
    """``picture`` as PNG, 720 pixels wide: twice what a phone shows."""
    canvas = Canvas(picture.title)
    match picture:
        case NodeMap():
            draw_nodes(canvas, picture)
        case Timeline():
            draw_timeline(canvas, picture)
        case Matrix():
            draw_matrix(canvas, picture)
    if picture.note:
        canvas.paragraph(picture.note, most_lines=4)
    return canvas.png()
