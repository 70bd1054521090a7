"""Exit codes of commands about changes: a script must know whether the cluster was touched."""

from __future__ import annotations

from enum import IntEnum

from bot.model.change import ChangeState


class Ending(IntEnum):
    """``NOT_DONE``: nothing was changed. ``IN_QUESTION``: something was or may have been changed,
    and it is not proven that it is well."""

    DONE = 0
    NOT_DONE = 1
    USAGE = 2
    UNSEEN = 3
    IN_QUESTION = 4
    INTERRUPTED = 130


def ending_of(state: ChangeState) -> Ending:
    """The exit code for a change that is in ``state`` when its command ends."""
    if state is ChangeState.DONE:
        return Ending.DONE
    return Ending.IN_QUESTION if state.acted else Ending.NOT_DONE
