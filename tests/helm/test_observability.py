"""How Prometheus finds the bot, and that probes ask what they asked before."""

from __future__ import annotations

from tests.helm.chart import render


def test_no_monitor_unless_asked_for() -> None:
    assert render().all("ServiceMonitor") == []


def test_the_monitor_selects_the_service_and_its_port() -> None:
    rendered = render({"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}})
    monitor, service = rendered.one("ServiceMonitor"), rendered.one("Service")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == (service["spec"]["ports"][0]["name"], "/metrics")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_probes_ask_for_life_and_readiness() -> None:
    (container,) = render().pod["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
