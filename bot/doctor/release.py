"""Changing Cilium's release: the rights that helm needs, told in one line, and helm itself."""

from __future__ import annotations

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import HELM_CHANGES, grant_of
from bot.clients.kubernetes.self_review import SelfReview
from bot.doctor.sheet import Sheet
from bot.engine.concurrent import ask_all
from bot.model.errors import OncallError
from bot.model.names import counted

CHECK, HELM = "rights to change the release", "helm"
_SHOWN = 5


async def examine_helm(cluster: Cluster, sheet: Sheet, within: float) -> None:
    """All of the rights, or none: a bot that has none of them leaves the release alone by choice.

    With some of them a rollback would be refused in the middle of its plan.
    """
    review = SelfReview(cluster.api)
    rows = dict(enumerate(HELM_CHANGES))
    answers = await ask_all(
        rows, lambda at: review.refused(rows[at], cluster.namespace), within=within
    )
    if answers.silent or answers.errors:
        said = next((error.message for error in answers.errors.values()), "")
        sheet.unseen(CHECK, said or "The API server did not answer in time.")
        return
    missing = {at: verbs for at, verbs in answers.values.items() if verbs}
    if len(missing) == len(rows):
        sheet.well(CHECK, "not granted, and optional: rollback and clear-pending-release")
        return
    if missing:
        told = [f"{', '.join(verbs)} {rows[at].resource}" for at, verbs in missing.items()]
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        sheet.wrong(
            CHECK,
            "permission-missing",
            "The bot may not do all that helm needs: rollback and clear-pending-release are "
            "refused.",
            grant_of(rows[min(missing)]),
            proof=(f"not allowed: {'; '.join(told[:_SHOWN])}{more}",),
        )
    else:
        sheet.well(CHECK, f"all of {counted(len(rows), 'right')}")
    try:
        sheet.well(HELM, await cluster.helm.version())
    except OncallError as error:
        sheet.wrong(HELM, "helm-unusable", error.message, error.hint)
