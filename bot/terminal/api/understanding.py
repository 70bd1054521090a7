"""From the words of a command to a change that is asked for, by the grammar of every door.

Approvers look in the channel that is bound to the cluster. But a terminal is in no channel: an
access rule that is about requests from channels is not about its requests, so nobody gets past one
by naming a cluster whose channel they are not in. The empty channel in ``origin`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.engine.executor import Executor
from bot.engine.grammar import parse
from bot.model.change import ChangeRequest
from bot.model.errors import UsageError
from bot.model.run import Requester
from bot.terminal.api.routes import Understand

NOWHERE = {"channel": ""}


def understanding(executor: Executor, channels: Mapping[str, str]) -> Understand:
    """What reads commands for the clusters and remedies of ``executor``; ``channels`` binds Slack
    channel ids to cluster names."""

    def understand(words: Sequence[str], requester: Requester) -> ChangeRequest:
        command = parse(executor.registry, list(words))
        name = command.runbook.name
        if not command.is_remedy:
            raise UsageError(f"{name} changes nothing.", hint=f"Run it: cilium-oncall {name}")
        cluster = executor.choose_cluster(command.cluster)
        bound = (channel for channel, known in channels.items() if known == cluster)
        return ChangeRequest(
            remedy=name,
            cluster=cluster,
            parameters=command.parameters,
            requester=requester,
            channel=next(bound, ""),
            origin=NOWHERE,
            reason=command.reason,
            incident=command.incident,
        )

    return understand
