"""The playground's helm as a program in a folder, for whoever starts ``helm``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def write_program(folder: Path) -> Path:
    """Write ``helm`` into ``folder``; it runs with this very Python."""
    program = folder / "helm"
    python = shlex.quote(sys.executable)
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {python} -m bot.playground.helm"
        ' "$@"\n'
    )
    program.chmod(0o755)
    return program
