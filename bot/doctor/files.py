"""Configuration files and secrets, as they were read when the bot or the command began."""

from __future__ import annotations

from collections.abc import Sequence

from bot.doctor.sheet import Sheet
from bot.model.report import Severity
from bot.settings import Problem


class Files:
    """``problems`` are those of loading the settings from ``file``."""

    name = "configuration"

    def __init__(self, file: str, problems: Sequence[Problem] = ()) -> None:
        self._file = file
        self._problems = problems

    async def examine(self, within: float) -> Sheet:
        """Every problem is a finding; none keeps the bot from starting only if there is none."""
        sheet = Sheet(self.name)
        if not self._problems:
            sheet.well(self._file or "no file: the current kubeconfig context")
        for problem in self._problems:
            sheet.wrong(
                problem.file,
                "configuration-wrong",
                str(problem),
                f"Correct it, then: cilium-oncall config check {self._file}",
                severity=Severity.CRITICAL,
            )
        return sheet
