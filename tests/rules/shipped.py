"""The alert rules as they are shipped: what the chart renders, and config/alert-rules.yaml.

``python -m tests.rules.shipped`` prints that file: the chart's rules with their defaults.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from tests.helm.chart import CHART, ROOT, render

PLAIN = ROOT / "config" / "alert-rules.yaml"
SOURCE = CHART / "files" / "alert-rules.yaml"
HEAD = """\
# Alert rules for Cilium, for a Prometheus without the operator: list this file under `rule_files`.
# Made from the chart's rules with their defaults (make rules); do not edit. Cilium is expected in
# kube-system and its agents under the job cilium-agent. What each means: docs/alert-rules.md
"""


def rendered(**settings: Any) -> dict[str, Any]:
    """The spec of the chart's PrometheusRule with these values under ``alertRules``."""
    values = {"alertRules": {"enabled": True, **settings}}
    spec: dict[str, Any] = render(values).one("PrometheusRule")["spec"]
    return spec


def alerts(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rules by the alert's name, in their order."""
    return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}


def plain() -> dict[str, Any]:
    """What config/alert-rules.yaml holds."""
    spec: dict[str, Any] = yaml.safe_load(PLAIN.read_text())
    return spec


if __name__ == "__main__":
    sys.stdout.write(HEAD + yaml.safe_dump(rendered(), sort_keys=False, width=1000))
