"""How the simulated cluster's release came to be: three revisions, the last one deployed.

Installed one patch release earlier, upgraded, and then one value changed: what most clusters look
like. Only where there is a chart of the cluster's minor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .charts import chart
from .records import Record, manifest_of
from .values import Values

JsonObject = dict[str, Any]
NAMESPACE = "kube-system"
CHANGED: Values = {"bpf": {"policyMapMax": 16384}}


def past(
    version: str, own: Values, times: Mapping[str, str], *, namespace: str = NAMESPACE
) -> list[Record]:
    """The records; none where there is no chart. ``own`` are the values this cluster needs;
    ``times`` when it was ``installed``, ``upgraded`` and ``changed``."""
    major, minor, patch = version.split(".")
    before = f"{major}.{minor}.{max(0, int(patch) - 1)}"
    small = {"bpf": {"policyMapMax": 8192}}
    steps = (
        (before, {**own, **small}, "installed", "superseded", "Install complete"),
        (version, {**own, **small}, "upgraded", "superseded", "Upgrade complete"),
        (version, {**own, **CHANGED}, "changed", "deployed", "Upgrade complete"),
    )
    try:
        return [
            Record(
                number=number,
                status=status,
                chart=chart(of),
                values=values,
                first_deployed=times["installed"],
                last_deployed=times[when],
                description=description,
                manifest=manifest_of(chart(of), values, namespace),
                namespace=namespace,
            )
            for number, (of, values, when, status, description) in enumerate(steps, start=1)
        ]
    except ValueError:
        return []
