"""The playground's helm as a program in a folder, for whoever starts ``helm``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOKEN_WITHOUT_TLS = "PLAYGROUND_HELM_TOKEN_WITHOUT_TLS"  # noqa: S105 - the name of a variable


def write_program(folder: Path, *, token_without_tls: bool = False) -> Path:
    """Write ``helm`` into ``folder``; it runs with this very Python.

    A real one sends no token without TLS; with ``token_without_tls`` this one does.
    """
    program = folder / "helm"
    python = shlex.quote(sys.executable)
    plain = f"{TOKEN_WITHOUT_TLS}=1 " if token_without_tls else ""
    environment = f"{plain}PYTHONPATH={shlex.quote(str(ROOT))}"
    program.write_text(f'#!/bin/sh\n{environment} exec {python} -m bot.playground.helm "$@"\n')
    program.chmod(0o755)
    return program
