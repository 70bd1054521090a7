"""``cilium-oncall demo``: a simulated cluster, a local Slack workspace, and the real bot between.

The cluster runs in a process of its own, as a cluster does: however busy it is, it does not hold up
the bot. It ends when this process does.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import httpx
from pydantic import SecretStr

from bot.app import Bot
from bot.model.access import ANY
from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.errors import Unreachable
from bot.model.plan import Risk
from bot.playground.helm.program import write_program
from bot.playground.helm.repository import ChartRepository
from bot.playground.slack import Workspace
from bot.settings import Cluster, Credentials, Helm, Settings, Slack, Store
from bot.slack.surface import EVENTS

CLUSTER = "playground"
CHANNEL = "cilium-oncall"
APPROVERS = ("ben", "leo")
KUBECONFIG = "kubeconfig"
FIRST_COMMAND = "status node-7"
STARTING = 30.0
"""Seconds a simulated cluster of thousands of nodes may take to be there."""


async def run_demo(
    *, nodes: int, port: int, healthy: bool, browser: bool, socket: bool = False
) -> None:
    """Run until Ctrl-C. Prints the page's address when it can be opened. Slack reaches the bot over
    HTTP, or with ``socket`` by Socket Mode."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    with tempfile.TemporaryDirectory(prefix="cilium-oncall-demo-") as folder:
        kubeconfig = Path(folder) / KUBECONFIG
        async with simulated_cluster(kubeconfig, nodes) as controls, ChartRepository() as charts:
            signing_secret = secrets.token_hex(16)
            async with Workspace(
                signing_secret=signing_secret,
                port=port,
                controls=controls,
                subscribed=tuple(EVENTS),
            ) as workspace:
                credentials = Credentials(
                    slack_bot_token=SecretStr(workspace.bot_token),
                    slack_signing_secret=None if socket else SecretStr(signing_secret),
                    slack_app_token=SecretStr(workspace.app_token) if socket else None,
                )
                program = write_program(Path(folder), token_without_tls=True)
                helm = Helm(repository=charts.url, program=str(program))
                settings = _settings(Path(folder), workspace, credentials, helm)
                bot = await Bot.start(settings, port=0)
                try:
                    await _reachable(workspace, bot)
                    await _begin(workspace, controls, nodes=nodes, healthy=healthy)
                    _announce(workspace, kubeconfig, browser=browser)
                    await ended.wait()
                finally:
                    await bot.stop()


async def _reachable(workspace: Workspace, bot: Bot) -> None:
    """Let what people do in the workspace reach the bot."""
    if bot.sockets is None:
        workspace.bot_url = f"http://127.0.0.1:{bot.port}/slack/events"
    else:
        await bot.sockets.connected.wait()


def _settings(folder: Path, workspace: Workspace, credentials: Credentials, helm: Helm) -> Settings:
    channel = workspace.channels[CHANNEL]
    return Settings(
        clusters={CLUSTER: Cluster(kubeconfig=folder / KUBECONFIG, context=CLUSTER)},
        channels={channel: CLUSTER},
        slack=Slack(api_url=workspace.api_url),
        helm=helm,
        store=Store(folder=folder / "store"),
        credentials=credentials,
        approval_rules=_approved_by(*(workspace.users[name] for name in APPROVERS)),
    )


def _approved_by(*users: str) -> ApprovalRules:
    """What ``approvals.yaml`` would say: these people of the workspace approve everything."""
    everything = frozenset([ANY])
    rule = ApprovalRule(
        name=f"{' and '.join(APPROVERS)} approve",
        place="the demo",
        risks=frozenset(Risk),
        remedies=everything,
        clusters=everything,
        namespaces=everything,
        channels=everything,
        approvers=Approvers(users=frozenset(users)),
    )
    return ApprovalRules(rules=(rule,))


async def _begin(
    workspace: Workspace, controls: ClusterControls, *, nodes: int, healthy: bool
) -> None:
    """Give the newcomer something to see: a broken agent, and the bot's answer about it."""
    if nodes < 7:
        await workspace.command("/cilium", "status", user="ana", channel=CHANNEL)
        return
    if not healthy:
        await controls.inject("agent-crash-loop", "node-7", {"cured_by_restart": True})
    await workspace.command("/cilium", FIRST_COMMAND, user="ana", channel=CHANNEL)


def _announce(workspace: Workspace, kubeconfig: Path, *, browser: bool) -> None:
    click.echo(f"The page:   {workspace.page_url}")
    click.echo(f"A terminal: cilium-oncall status --kubeconfig {kubeconfig}")
    click.echo("Ctrl-C ends the demo.")
    if browser:
        webbrowser.open(workspace.page_url)


class ClusterControls:
    """The page's hand on the simulated cluster, over its admin endpoints."""

    def __init__(self, server: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=server, headers={"Authorization": f"Bearer {token}"}, timeout=10.0
        )

    async def state(self) -> dict[str, Any]:
        """Nodes, active faults and the catalogue of faults."""
        state: dict[str, Any] = await self._call("GET", "/playground/state")
        return state

    async def inject(self, name: str, target: str | None, options: dict[str, Any]) -> Any:
        """Break something."""
        body = {"name": name, "target": target, "options": options}
        return await self._call("POST", "/playground/faults", body)

    async def clear(self, fault_id: str) -> None:
        """Mend it."""
        await self._call("DELETE", f"/playground/faults/{fault_id}")

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unreachable(f"The simulated cluster does not answer: {error}.") from None
        if answer.is_error:
            raise Unreachable(answer.text[:300])
        return answer.json() if answer.content else {}


@asynccontextmanager
async def simulated_cluster(kubeconfig: Path, nodes: int) -> AsyncIterator[ClusterControls]:
    """A simulated cluster in a process of its own, and the controls of its faults."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.playground.cluster", "--nodes", str(nodes)),
        *("--kubeconfig", str(kubeconfig), "--die-with-parent"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this process, which ends that one
    )
    try:
        ready = await _ready_line(process)
        controls = ClusterControls(ready["server"], ready["token"])
        try:
            yield controls
        finally:
            await controls.close()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready_line(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None  # noqa: S101  asked for above
    try:
        async with asyncio.timeout(STARTING):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        raise Unreachable("The simulated cluster did not start.", hint="Try fewer --nodes.")
    ready: dict[str, str] = json.loads(line)
    return ready
