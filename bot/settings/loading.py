"""Settings for whoever starts the bot: the file and the environment, or every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.model.errors import ConfigurationError
from bot.settings.check import Examined, Runbooks, examine_all
from bot.settings.credentials import from_environment
from bot.settings.problems import Problem
from bot.settings.schema import BotFile, Settings


class InvalidSettings(ConfigurationError):
    """The file or the environment is wrong; ``problems`` has everything, its text one per line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def load(
    path: Path | None,
    environ: Mapping[str, str],
    commands: Collection[str] | None = None,
    remedies: Collection[str] | None = None,
    runbooks: Runbooks | None = None,
) -> Settings:
    """The settings of ``path`` (``None``: all defaults, no cluster) with ``environ``'s secrets.

    Missing secrets are no error here, because the terminal needs none: a door that does calls
    ``settings.credentials.require(...)``. ``commands`` are the names that access rules may use,
    ``remedies`` those that approval rules may, ``runbooks`` what alerts may be routed to; ``None``:
    they are not compared. Raises :class:`InvalidSettings` with every problem.
    """
    found = Examined(BotFile(), None, None, None, [])
    if path is not None:
        found = examine_all(path, commands, remedies, runbooks)
    credentials, mistaken = from_environment(environ)
    if found.said is None or mistaken:
        raise InvalidSettings([*found.problems, *mistaken])
    access = found.access if found.said.access is not None else None
    return Settings.model_validate(
        {
            **dict(found.said),
            "credentials": credentials,
            "access_rules": access,
            "approval_rules": found.approvals,
            "alert_rules": found.alerts,
        }
    )
