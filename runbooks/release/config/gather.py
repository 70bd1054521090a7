"""Gathering: what is configured, then what agents run with."""

from __future__ import annotations

from collections.abc import Iterable

from bot.authoring import Gap, Run, natural
from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR, CONFIG_MAP
from bot.clients.kubernetes.objects import Pod
from bot.clients.kubernetes.pod_ref import PodRef
from bot.engine.concurrent import ask_all
from runbooks.agent.pods import is_running
from runbooks.agent.status.gathering.pace import patience, time_left
from runbooks.release.asking import Question, answers_to
from runbooks.release.config.evidence import Seen
from runbooks.release.record import read_record

MOST_ASKED = 50
"""Agents that are asked when no node is named; where there are more, a sample."""


async def gather(run: Run, node: str | None) -> Seen:
    """Everything ``config`` judges."""
    seen = Seen(read_at=run.now(), namespace=run.cluster.namespace, node=node)
    await _objects(run, seen)
    seen.record, gaps = await read_record(run, seen.daemonset, within=run.remaining * 0.4)
    seen.gaps += gaps
    await _agents(run, seen)
    return seen


async def _objects(run: Run, seen: Seen) -> None:
    reads, namespace = run.cluster.reads, seen.namespace
    words = f"ConfigMap {CONFIG_MAP}"
    questions = {
        "config": Question(
            words, lambda: reads.config_map(namespace, CONFIG_MAP), True, may_be_absent=True
        ),
        "agents": Question(
            "agent pods", lambda: reads.pods(namespace, AGENT_SELECTOR, node=seen.node)
        ),
        "daemonsets": Question("DaemonSets", lambda: reads.daemonsets(namespace)),
        "nodes": Question("nodes", reads.nodes),
        "overrides": Question(
            "CiliumNodeConfigs", lambda: reads.cilium_node_configs(namespace), may_be_absent=True
        ),
    }
    run.progress("reading objects")
    answers, seen.gaps = await answers_to(run, questions, share=0.4)
    seen.config = answers.get("config")
    seen.absent = "config" not in answers and all(gap.subject != words for gap in seen.gaps)
    found = {one.name: one for one in answers.get("daemonsets", ())}
    seen.daemonset = found.get(AGENT_DAEMONSET)
    seen.agents = {pod.spec.node_name: pod for pod in _living(answers.get("agents", ()))}
    if "nodes" in answers:
        seen.nodes = {one.name: one for one in answers["nodes"]}
    seen.overrides = answers.get("overrides", () if "nodes" in answers else None)


def _living(pods: Iterable[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.spec.node_name and not pod.deleting]


async def _agents(run: Run, seen: Seen) -> None:
    """Ask agents what they run with; the oldest first where not all can be asked."""
    running = [node for node, pod in seen.agents.items() if is_running(pod)]
    silent = sorted(seen.agents.keys() - set(running), key=natural)
    if silent:
        seen.gaps.append(
            Gap(f"inside the agent on {_named(silent)}", "Its container does not run.")
        )
    oldest = sorted(running, key=lambda node: (_made(seen.agents[node]), natural(node)))
    asked = oldest[:MOST_ASKED]
    if len(asked) < len(running):
        seen.gaps.append(
            Gap(
                f"inside {len(running) - len(asked)} agents",
                f"Not asked: of {len(running)} the {len(asked)} whose pods are the oldest were.",
                "config NODE asks any one.",
            )
        )
    run.progress("asking agents", total=len(asked))
    answers = await ask_all(
        asked,
        lambda node: run.cluster.agents.configuration(
            PodRef.of(seen.agents[node]), _image(seen.agents[node]), timeout=patience(run)
        ),
        within=time_left(run),
    )
    seen.running = dict(answers.values)
    for node, error in answers.errors.items():
        seen.gaps.append(Gap(f"inside the agent on {node}", error.message, error.hint))
    for node in answers.silent:
        seen.gaps.append(Gap(f"inside the agent on {node}", "It did not answer in time."))


def _image(pod: Pod) -> str:
    return pod.image("cilium-agent")


def _made(pod: Pod) -> str:
    made = pod.metadata.creation_timestamp
    return made.isoformat() if made else ""


def _named(nodes: list[str]) -> str:
    return ", ".join(nodes[:5]) + (" …" if len(nodes) > 5 else "")
