"""Every shipped rule fires on its fault, alone, and is silent in a healthy cluster."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.rules.fault import Fault
from tests.rules.healthy import HEALTHY
from tests.rules.house_faults import HOUSE_FAULTS
from tests.rules.node_faults import NODE_FAULTS
from tests.rules.shipped import PLAIN, ROOT, alerts, plain

FAULTS = HOUSE_FAULTS + NODE_FAULTS
_METRIC = re.compile(r"\b(?:up|(?:cilium|hubble|kube)_[a-z0-9_]+)\b(?=[{\[) ]|$)")


def promtool() -> str:
    """The real promtool; skips where it is missing, unless all is required."""
    found = shutil.which("promtool", path=f"{ROOT / '.tools'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        if os.environ.get("CILIUM_ONCALL_REQUIRE_ALL"):
            pytest.fail("promtool is missing: make promtool")
        pytest.skip("needs promtool: make promtool")
    return found


async def _promtool(*arguments: str | Path) -> str | None:
    """What it complains about."""
    process = await asyncio.create_subprocess_exec(
        promtool(),
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode() if process.returncode else None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_all_that_a_fault_lets_fire_and_nothing_else(fault: Fault, tmp_path: Path) -> None:
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in fault.series.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": fault.at,
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}"}}', "value": count}
                    for alert, count in sorted(fault.fires.items())
                ],
            }
        ],
    }
    asked = tmp_path / "test.yaml"
    asked.write_text(
        yaml.safe_dump({"rule_files": [str(PLAIN)], "evaluation_interval": "5m", "tests": [test]})
    )
    assert await _promtool("test", "rules", asked) is None


async def test_prometheus_takes_the_file() -> None:
    assert await _promtool("check", "rules", "--lint-fatal", PLAIN) is None


def test_every_alert_has_a_fault_that_lets_it_fire() -> None:
    assert {alert for fault in FAULTS for alert in fault.fires} == set(alerts(plain()))


def test_a_fault_names_series_of_the_healthy_cluster() -> None:
    """A slip in a series' name would leave the healthy one in place."""
    new = {
        "kube_pod_container_status_last_terminated_reason",
        "kube_node_spec_taint",
        "cilium_version",
        "cilium_k8s_client_api_calls_total",
    }
    for fault in FAULTS:
        assert set(fault.gone) <= set(HEALTHY), fault.name
        unknown = {name.partition("{")[0] for name in set(fault.changed) - set(HEALTHY)}
        assert unknown <= new, fault.name


def test_silence_is_not_for_want_of_series() -> None:
    there = {series.partition("{")[0] for series in HEALTHY}
    for alert, rule in alerts(plain()).items():
        read = set(_METRIC.findall(rule["expr"]))
        assert read, alert
        assert read <= there, alert
