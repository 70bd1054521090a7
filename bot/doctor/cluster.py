"""One cluster: reachable, rights row by row, Cilium found, one exec of the table, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.metrics import served_port
from bot.clients.cilium.names import AGENT_SELECTOR, CONFIG_MAP
from bot.clients.cilium.versions import version_of
from bot.clients.cluster import Cluster
from bot.clients.kubernetes.objects import Pod
from bot.clients.kubernetes.permissions import (
    CHANGES,
    HELM,
    PERMISSIONS,
    Permission,
    grant_of,
)
from bot.clients.kubernetes.pod_ref import PodRef
from bot.clients.kubernetes.self_review import SelfReview
from bot.doctor.release import examine_helm
from bot.doctor.sheet import Sheet
from bot.engine.concurrent import ask_all
from bot.model.errors import ClientError, ConfigurationError, Denied
from bot.model.report import Severity

TRIED = 3
"""Agents asked before it is said that none answers."""


class ClusterPart:
    """``cluster`` as the bot reaches it, with the bot's own credentials; ``rights`` are those that
    it must have there."""

    def __init__(self, cluster: Cluster, rights: Sequence[Permission] = PERMISSIONS) -> None:
        self._cluster = cluster
        self._wanted = rights
        self.name = f"cluster {cluster.name}"

    async def examine(self, within: float) -> Sheet:
        """Reachable first; everything else at once."""
        sheet = Sheet(self.name)
        if not await self._reachable(sheet, within / 3):
            return sheet
        async with asyncio.TaskGroup() as looking:
            looking.create_task(self._rights(sheet, within / 2))
            looking.create_task(self._cilium(sheet, within / 4))
            if set(CHANGES) & set(self._wanted):
                looking.create_task(examine_helm(self._cluster, sheet, within / 2))
        return sheet

    async def _reachable(self, sheet: Sheet, within: float) -> bool:
        check, cluster = "API server", self._cluster
        try:
            version = await SelfReview(cluster.api).version(timeout=within)
        except ConfigurationError as error:
            sheet.wrong(
                check,
                "cluster-configuration",
                error.message,
                error.hint,
                severity=Severity.CRITICAL,
            )
        except ClientError as error:
            sheet.wrong(
                check,
                "cluster-unreachable",
                error.message,
                error.hint
                or f"With the same credentials: kubectl --context {cluster.name} version",
                severity=Severity.CRITICAL,
            )
        else:
            sheet.well(check, version)
            sheet.facts.append((f"Kubernetes of {cluster.name}", version))
            return True
        return False

    async def _rights(self, sheet: Sheet, within: float) -> None:
        """Every row of the list, by SelfSubjectAccessReview, which needs no grant.

        Helm's are there by choice: without them nothing is wrong.
        """
        review, namespace = SelfReview(self._cluster.api), self._cluster.namespace
        rows = {f"{row.role} {row.resource} {row.verbs}": row for row in (*self._wanted, *HELM)}
        answers = await ask_all(
            rows, lambda name: review.refused(rows[name], namespace), within=within
        )
        for name, row in rows.items():
            where = "the cluster" if row.role.is_cluster_wide else namespace
            check = f"right to {', '.join(row.verbs)} {row.resource}"
            if name in answers.silent:
                sheet.unseen(check, "The API server did not answer in time.")
            elif error := answers.errors.get(name):
                hint = "Every user may ask this, by the default binding system:basic-user."
                sheet.unseen(check, error.message, hint if isinstance(error, Denied) else "")
            elif (refused := answers.values[name]) and row in HELM:
                sheet.well(check, f"not granted, and optional: {row.why}. {grant_of(row)}")
            elif refused:
                sheet.wrong(
                    check,
                    "permission-missing",
                    f"The bot may not {' or '.join(refused)} {row.resource}: {row.why}.",
                    grant_of(row),
                    proof=(f"SelfSubjectAccessReview in {where}: not allowed",),
                )
            else:
                sheet.well(check)

    async def _cilium(self, sheet: Sheet, patience: float) -> None:
        cluster, check = self._cluster, "Cilium's agents"
        try:
            pods = (await cluster.reads.pods(cluster.namespace, AGENT_SELECTOR)).items
        except ClientError as error:
            sheet.unseen(check, error.message, error.hint, blinding=True)
            return
        if not pods:
            sheet.wrong(
                check,
                "cilium-not-found",
                f"There is no pod with {AGENT_SELECTOR} in the namespace {cluster.namespace}.",
                f"Set clusters.{cluster.name}.cilium_namespace to the namespace Cilium runs in.",
                severity=Severity.CRITICAL,
            )
            return
        sheet.well(check, f"{len(pods)} pods in {cluster.namespace}")
        ready = [pod for pod in pods if pod.ready and not pod.deleting][:TRIED]
        if not ready:
            sheet.unseen("exec and metrics", "No agent is ready to be asked.", "See status.")
            return
        if version := version_of(_image(ready[0])):
            sheet.facts.append((f"Cilium of {cluster.name}", version))
        await asyncio.gather(
            self._exec(sheet, ready, patience), self._metrics(sheet, ready, patience)
        )

    async def _exec(self, sheet: Sheet, ready: list[Pod], patience: float) -> None:
        """One command of the closed table; a refusal counts for all agents, silence for one."""
        answers = await ask_all(
            range(len(ready)),
            lambda at: self._cluster.agents.status(
                PodRef.of(ready[at]), _image(ready[at]), timeout=patience
            ),
            within=patience,
        )
        if answers.values:
            sheet.well("exec in an agent")
            return
        refused = [error for error in answers.errors.values() if isinstance(error, Denied)]
        errors = [*refused, *answers.errors.values()]
        said = errors[0].message if errors else f"No answer within {patience:.1f} s."
        hint = errors[0].hint if errors else ""
        named = ", ".join(pod.name for pod in ready)
        sheet.wrong(
            "exec in an agent",
            "exec-refused" if refused else "exec-failed",
            f"No command can be run in an agent: {said}",
            hint or f"kubectl -n {self._cluster.namespace} describe pod {ready[0].name}",
            proof=(f"tried: {named}",),
        )

    async def _metrics(self, sheet: Sheet, ready: list[Pod], patience: float) -> None:
        check, cluster = "metrics of an agent", self._cluster
        try:
            config = await cluster.reads.config_map(cluster.namespace, CONFIG_MAP)
            port = served_port(config.data or {})
            if port is None:
                hint = "Helm value prometheus.enabled=true makes large clusters quicker to see."
                sheet.unseen(check, "Agents serve no metrics.", hint)
                return
            await cluster.agents.metrics(PodRef.of(ready[0]), port, timeout=patience)
        except ClientError as error:
            sheet.wrong(
                check, "metrics-unreadable", f"They cannot be read: {error.message}", error.hint
            )
        else:
            sheet.well(check)


def _image(pod: Pod) -> str:
    return next((c.image for c in pod.spec.containers or () if c.name == AGENT_CONTAINER), "")
