"""Exit codes of commands about changes: a script must know whether the cluster was touched."""

from __future__ import annotations

from enum import IntEnum

from bot.model.change import Change, ChangeState
from bot.model.change_document import ChangeDocument


class Ending(IntEnum):
    """``NOT_DONE``: nothing was changed. ``IN_QUESTION``: something was or may have been changed,
    and it is not proven that it is well."""

    DONE = 0
    NOT_DONE = 1
    USAGE = 2
    UNSEEN = 3
    IN_QUESTION = 4
    INTERRUPTED = 130


def ending_of(change: Change | ChangeDocument) -> Ending:
    """The exit code for a change as it is when its command ends."""
    if change.state is ChangeState.DONE:
        return Ending.DONE
    return Ending.IN_QUESTION if change.state.acted and change.steps else Ending.NOT_DONE
