"""The runbook ``release``."""

from __future__ import annotations

from typing import Literal

from bot.authoring import Report, Run, runbook
from runbooks.release.installed.gather import gather
from runbooks.release.installed.judge import judge
from runbooks.release.installed.present import present


@runbook("release")
async def release(run: Run, what: Literal["history"] | None = None) -> Report:
    """The Helm release: what is installed, since when, and if it is what runs.

    Chart, revision, the values that are set (secrets hidden), who owns it (Flux, Argo CD), and what
    is otherwise in the cluster than the release says: keys of cilium-config, images, replicas,
    update strategies, and agents that have not read the configuration yet.

    With `history` every revision that Helm has kept, and what each changed. It is read from the
    Secrets that Helm keeps; no helm is run.
    """
    seen = await gather(run)
    findings = judge(seen)
    return present(seen, findings, cluster=run.cluster.name, whole_history=what == "history")
