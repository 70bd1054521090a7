"""The closed table as the CEL of a ValidatingAdmissionPolicy.

The API server then refuses every other command of the bot's ServiceAccount, even if the bot itself
is taken over. The chart carries the result; after a change of the table, write it again:

    python -m bot.clients.cilium.admission > helm/cilium-oncall/files/exec-commands.cel

For operation CONNECT on ``pods/exec``, ``object`` is the PodExecOptions: ``container`` and the list
``command`` (tried on Kubernetes 1.36: a listed command ran, ``sh -c`` was refused). Both are absent
when empty, hence ``has``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from bot.clients.cilium.commands import TABLE, Invocation


def expression(table: Iterable[Invocation] = TABLE) -> str:
    """True exactly for the rows of ``table``; several lines, without a newline at the end."""
    by_container: dict[str, list[tuple[str, ...]]] = {}
    for row in table:
        by_container.setdefault(row.container, []).append(row.argv)
    allowed = " ||\n".join(_in_container(name, rows) for name, rows in by_container.items())
    return f"has(object.container) && has(object.command) && (\n{allowed or 'false'}\n)"


def _in_container(name: str, rows: list[tuple[str, ...]]) -> str:
    commands = ",\n".join(f"    [{', '.join(map(_literal, argv))}]" for argv in rows)
    return f"  object.container == {_literal(name)} && object.command in [\n{commands}\n  ]"


def _literal(text: str) -> str:
    """JSON's escapes of ASCII text are CEL's too (CEL language definition, "String and Bytes")."""
    return json.dumps(text)


if __name__ == "__main__":
    sys.stdout.write(f"{expression()}\n")
