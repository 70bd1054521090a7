"""From the words of a command to a change that is asked for, by the grammar of every door.

A terminal is in no Slack channel: a rule that is about requests from channels, of the access rules
or of the approvals, is not about its requests, so nobody gets past one by naming a cluster whose
channel they are not in. Where the change is told is the Slack door's to choose.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.engine.executor import Executor
from bot.engine.grammar import parse
from bot.model.change import ChangeRequest
from bot.model.errors import UsageError
from bot.model.run import Requester
from bot.terminal.api.routes import Understand


def understanding(executor: Executor) -> Understand:
    """What reads commands for the clusters and remedies of ``executor``."""

    def understand(words: Sequence[str], requester: Requester) -> ChangeRequest:
        command = parse(executor.registry, list(words))
        name = command.runbook.name
        if not command.is_remedy:
            raise UsageError(f"{name} changes nothing.", hint=f"Run it: cilium-oncall {name}")
        return ChangeRequest(
            remedy=name,
            cluster=executor.choose_cluster(command.cluster),
            parameters=command.parameters,
            requester=requester,
            reason=command.reason,
            incident=command.incident,
        )

    return understand
