"""Which helm a test runs: the real one of ``make tools``, and the playground's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.playground.helm.program import write_program

ROOT = Path(__file__).parents[3]
REAL = ROOT / ".tools" / "helm"
KINDS = ("real", "playground")


def program(kind: str, folder: Path) -> Path:
    """The helm of that kind; skips where the real one is missing, unless all is required."""
    if kind == "playground":
        return write_program(folder)
    if not REAL.exists():
        if os.environ.get("CILIUM_ONCALL_REQUIRE_ALL"):
            pytest.fail("the real helm is missing: make tools")
        pytest.skip("needs the real helm: make tools")
    return REAL
