"""``/cilium doctor``: the bot examines itself, and the cluster meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.authoring import Report, Run, runbook
from bot.clients.cluster import Cluster
from bot.doctor.examine import examine
from bot.doctor.sheet import Part
from bot.engine.registry import Runbook, runbook_of

NAME = "doctor"


def doctor_runbook(parts_for: Callable[[Cluster], Sequence[Part]]) -> Runbook:
    """The runbook; ``parts_for`` a cluster are all parts that its report is about."""

    @runbook(NAME)
    async def doctor(run: Run) -> Report:
        """Whether the bot itself is well: its settings, Slack, and its rights in the cluster.

        In a terminal `cilium-oncall doctor --config bot.yaml` looks at every cluster.
        """
        title = f"The bot and {run.cluster.name}"
        return await examine(parts_for(run.cluster), title=title, within=run.remaining)

    return runbook_of(doctor)
