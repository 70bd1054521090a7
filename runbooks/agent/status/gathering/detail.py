"""What is read of one node only: its endpoints, and the last words of its agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.authoring import Gap, Run
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.kubernetes.pod_ref import PodRef
from bot.engine.concurrent import ask_all
from runbooks.agent.pods import is_running
from runbooks.agent.status.evidence import Seen, image_of
from runbooks.agent.status.gathering.pace import patience, time_left


async def read_detail(run: Run, seen: Seen, node: str) -> None:
    """The endpoints of ``node``, and the last words of its agent."""
    pod = (seen.agents or {}).get(node)
    if pod is None:
        return
    cluster, timeout = run.cluster, patience(run)
    container = pod.container(AGENT_CONTAINER)
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "log": lambda: cluster.reads.log(
            seen.namespace,
            pod.name,
            AGENT_CONTAINER,
            tail=2000,
            since=timedelta(hours=1).total_seconds(),
            timeout=timeout,
        )
    }
    if container and container.restart_count:
        questions["previous_log"] = lambda: cluster.reads.log(
            seen.namespace, pod.name, AGENT_CONTAINER, tail=50, previous=True, timeout=timeout
        )
    if is_running(pod):
        questions["endpoints"] = lambda: cluster.agents.endpoints(
            PodRef.of(pod), image_of(pod), timeout=timeout
        )
    answers = await ask_all(questions, lambda name: questions[name](), within=time_left(run))
    for name, value in answers.values.items():
        setattr(seen, name, value)
    words = {"log": "the agent's log", "endpoints": "the node's endpoints"}
    for name, what in words.items():
        error = answers.errors.get(name)
        if error is not None:
            seen.gaps.append(Gap(what, error.message, error.hint))
        elif name in answers.silent:
            seen.gaps.append(Gap(what, "No answer in time."))
