"""Gathering: the objects at once, then the release that they name."""

from __future__ import annotations

from bot.authoring import Run
from bot.clients.cilium.names import AGENT_SELECTOR, CONFIG_MAP
from runbooks.release.asking import Question, answers_to
from runbooks.release.installed.evidence import Seen
from runbooks.release.record import read_record


async def gather(run: Run) -> Seen:
    """Everything ``release`` judges. What cannot be read becomes a gap."""
    cluster = run.cluster
    reads, namespace = cluster.reads, cluster.namespace
    seen = Seen(read_at=run.now(), namespace=namespace, chart=cluster.charts.chart)
    run.progress("reading objects")
    answers, seen.gaps = await answers_to(
        run,
        {
            "daemonsets": Question("DaemonSets", lambda: reads.daemonsets(namespace), True),
            "deployments": Question("Deployments", lambda: reads.deployments(namespace)),
            "agents": Question("agent pods", lambda: reads.pods(namespace, AGENT_SELECTOR)),
            "config": Question(
                f"ConfigMap {CONFIG_MAP}",
                lambda: reads.config_map(namespace, CONFIG_MAP),
                may_be_absent=True,
            ),
        },
        share=0.5,
    )
    for name in ("daemonsets", "deployments"):
        if name in answers:
            setattr(seen, name, {one.name: one for one in answers[name]})
    seen.agents, seen.config = answers.get("agents"), answers.get("config")
    run.progress("reading the release")
    seen.record, gaps = await read_record(run, seen.daemonset, within=run.remaining * 0.8)
    seen.gaps += gaps
    return seen
