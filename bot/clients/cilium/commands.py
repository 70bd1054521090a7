"""The closed table of commands that may run inside Cilium's pods.

Nothing else is ever executed: the client takes a :class:`Command` from here, never text. The chart
renders the same table into a ValidatingAdmissionPolicy, so that the API server refuses anything
else even if the bot is taken over (facts: RBAC alone cannot limit exec to a container or command).

Sources: Cilium command reference (cmdref) 1.14 - 1.20. The agent's own tool is ``cilium`` in 1.14
and ``cilium-dbg`` since 1.15 (#28085); ``cilium-health`` kept its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

AGENT_CONTAINER = "cilium-agent"


class Command(StrEnum):
    """What may be asked of an agent; each is read-only and node-local."""

    STATUS = "status"
    HEALTH = "health"
    ENDPOINTS = "endpoints"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One row of the table: a container and the exact argument list."""

    command: Command
    container: str
    argv: tuple[str, ...]


_AGENT_TOOLS = ("cilium-dbg", "cilium")

_ARGUMENTS: dict[Command, tuple[str, ...]] = {
    Command.STATUS: ("status", "-o", "json"),
    Command.ENDPOINTS: ("endpoint", "list", "-o", "json"),
    Command.CONFIGURATION: ("config", "--read-only", "-o", "json"),
}


def _table() -> tuple[Invocation, ...]:
    rows = [
        Invocation(command, AGENT_CONTAINER, (tool, *arguments))
        for command, arguments in _ARGUMENTS.items()
        for tool in _AGENT_TOOLS
    ]
    rows.append(
        Invocation(Command.HEALTH, AGENT_CONTAINER, ("cilium-health", "status", "-o", "json"))
    )
    return tuple(rows)


TABLE: tuple[Invocation, ...] = _table()


def invocation(command: Command, tool: str = "cilium-dbg") -> Invocation:
    """The row for ``command``; ``tool`` chooses between the agent tool's two names.

    Raises :class:`KeyError` for a tool that is not in the table.
    """
    for row in TABLE:
        if row.command is command and (row.argv[0] == tool or command is Command.HEALTH):
            return row
    raise KeyError(f"{command} with {tool}")
