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


@dataclass(frozen=True)
class Scene:
    """The world, the loop that acts on it, and the switch of the API server's socket."""

    world: World
    loop: ControlLoop
    switch_api: Callable[[bool], None]

    def machine(self, name: str) -> Machine:
        """A machine by its node's name."""
        return self.world.fleet[name]

    def trouble(self, machine: Machine, change: Callable[[], None]) -> None:
        """Change a machine's causes and let everybody notice."""
        change()
        troubled = (
            machine.crash, machine.hung, machine.cut_from_api, machine.broken_endpoints,
            not machine.powered, machine.torn_output,
        )  # fmt: skip
        if not any(troubled):
            machine.troubled_since = None
        elif machine.troubled_since is None:
            machine.troubled_since = self.world.clock.now()
        self.world.fleet.changed()
        self.loop.reconsider(machine.name)
