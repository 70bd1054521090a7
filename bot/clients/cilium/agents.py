"""Asking Cilium's agents: by exec from the closed table, or through their metrics port."""

from __future__ import annotations

from bot.clients.cilium.commands import Command, invocation
from bot.clients.cilium.configuration import read_configuration
from bot.clients.cilium.document import Document
from bot.clients.cilium.endpoints import Endpoint, read_endpoints
from bot.clients.cilium.health import PeerHealth, read_health
from bot.clients.cilium.metrics import AgentMetrics, read_metrics
from bot.clients.cilium.status import AgentStatus, read_status
from bot.clients.cilium.versions import agent_tool, other_tool
from bot.clients.kubernetes.pod_exec import COMMAND_NOT_FOUND, Executed, PodExec
from bot.clients.kubernetes.pod_ref import PodRef
from bot.clients.kubernetes.reads import Reads
from bot.model.errors import Unreachable


class Agents:
    """The agents of one cluster. ``image`` is the agent's, from which its tool's name follows.

    Every method raises :class:`ClientError`; an answer that cannot be read is
    :class:`~bot.model.errors.Malformed`, never good news. Timeouts are in seconds.
    """

    def __init__(self, pod_exec: PodExec, reads: Reads) -> None:
        self._exec = pod_exec
        self._reads = reads

    async def status(self, pod: PodRef, image: str, *, timeout: float) -> AgentStatus:
        """How the agent says it is."""
        return read_status(await self._ask(pod, Command.STATUS, image, timeout))

    async def health(self, pod: PodRef, image: str, *, timeout: float) -> PeerHealth:
        """Which peers the agent reached in its last round of probes (it probes every minute)."""
        return read_health(await self._ask(pod, Command.HEALTH, image, timeout))

    async def endpoints(self, pod: PodRef, image: str, *, timeout: float) -> tuple[Endpoint, ...]:
        """The endpoints on the agent's node."""
        return read_endpoints(await self._ask(pod, Command.ENDPOINTS, image, timeout))

    async def configuration(self, pod: PodRef, image: str, *, timeout: float) -> Document:
        """What the agent runs with, by its Go field names."""
        return read_configuration(await self._ask(pod, Command.CONFIGURATION, image, timeout))

    async def metrics(self, pod: PodRef, port: int, *, timeout: float) -> AgentMetrics:
        """The agent's metrics, without exec."""
        return read_metrics(
            await self._reads.pod_metrics(pod.namespace, pod.name, port, timeout=timeout)
        )

    async def _ask(self, pod: PodRef, command: Command, image: str, timeout: float) -> bytes:
        tool = agent_tool(image)
        executed = await self._run(pod, command, tool, timeout)
        if executed.exit_code == COMMAND_NOT_FOUND:
            executed = await self._run(pod, command, other_tool(tool), timeout)
        if executed.exit_code != 0:
            said = " ".join(executed.stderr[:300].decode(errors="replace").split())
            raise Unreachable(
                f"The agent does not answer its own tool (exit code {executed.exit_code}): "
                f"{said or 'no message'}."
            )
        return executed.stdout

    async def _run(self, pod: PodRef, command: Command, tool: str, timeout: float) -> Executed:
        row = invocation(command, tool)
        return await self._exec.run(pod, row.container, row.argv, timeout=timeout)
