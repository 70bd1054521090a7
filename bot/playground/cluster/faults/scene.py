"""What a fault may touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.cluster.controllers.loop import ControlLoop
from bot.playground.cluster.machines import Machine
from bot.playground.cluster.world import World

Options = Mapping[str, Any]
Undo = Callable[[], None]


def number_of(options: Options, name: str) -> int:
    """An option that counts something; ``ValueError`` below 1."""
    number = int(options[name])
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {number}")
    return number


@dataclass(frozen=True)
class Scene:
    """The world, the loop that acts on it, and the switch of the API server's socket."""

    world: World
    loop: ControlLoop
    switch_api: Callable[[bool], None]
    over: Callable[[], None] = lambda: None
    """To be called by a fault that has run its course, so that it is no longer shown as active."""

    def machine(self, name: str) -> Machine:
        """A machine by its node's name."""
        return self.world.fleet[name]

    def trouble(self, machine: Machine, change: Callable[[], None]) -> None:
        """Change a machine's causes and let everybody notice."""
        change()
        machine.noticed(self.world.clock.now())
        self.world.fleet.changed()
        self.loop.reconsider(machine.name)
