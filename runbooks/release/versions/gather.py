"""Gathering: pods of every component, the release, and the chart repository if it is asked for."""

from __future__ import annotations

import asyncio

from bot.authoring import Gap, Run
from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.helm.repository import offered
from bot.model.errors import ClientError
from runbooks.release.asking import Question, answers_to
from runbooks.release.record import read_record
from runbooks.release.versions.evidence import AGENT, COMPONENTS, Component, Seen

REPOSITORY = 0.6
"""The share of the time that the repository may take: it is often slow, and never needed."""


async def gather(run: Run, *, available: bool) -> Seen:
    """Everything ``versions`` judges."""
    seen = Seen(run.now(), run.cluster.namespace, asked_repository=available)
    async with asyncio.TaskGroup() as looking:
        looking.create_task(_cluster(run, seen))
        if available:
            looking.create_task(_repository(run, seen))
    return seen


async def _cluster(run: Run, seen: Seen) -> None:
    reads, namespace = run.cluster.reads, seen.namespace

    def pods_of(component: Component) -> Question:
        return Question(
            f"{component.name} pods",
            lambda: reads.pods(namespace, component.selector),
            blinding=component is AGENT,
        )

    run.progress("reading pods")
    questions = {component.name: pods_of(component) for component in COMPONENTS}
    questions["daemonsets"] = Question("DaemonSets", lambda: reads.daemonsets(namespace))
    answers, gaps = await answers_to(run, questions, share=0.5)
    found = {one.name: one for one in answers.pop("daemonsets", ())}
    seen.pods = answers
    seen.record, unread = await read_record(
        run, found.get(AGENT_DAEMONSET), within=run.remaining * 0.8
    )
    seen.gaps += [*gaps, *unread]


async def _repository(run: Run, seen: Seen) -> None:
    charts = run.cluster.charts
    run.progress("asking the chart repository")
    try:
        seen.offered = await offered(
            charts.repository, charts.chart, timeout=run.remaining * REPOSITORY
        )
    except ClientError as error:
        hint = error.hint or "Nothing is known of newer versions; ask again, or look by hand."
        seen.gaps.append(Gap("what the chart repository offers", error.message, hint))
