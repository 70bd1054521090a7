"""The chart, rendered by the real Helm engine (Helm 4's Go library inside helm-python-sdk).

The engine runs Go threads: a process that has imported it must not fork. Hence the import on first
use, and no test here starts a process by ``os.fork``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "cilium-oncall"
RELEASE = "night"
NAMESPACE = "oncall"


@dataclass(frozen=True)
class Rendered:
    """The objects of one rendering, and the notes that Helm prints."""

    objects: tuple[dict[str, Any], ...]
    notes: str

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The objects of ``kind``."""
        return [thing for thing in self.objects if thing["kind"] == kind]

    def one(self, kind: str, ending: str = "") -> dict[str, Any]:
        """The only object of ``kind`` whose name has this ending."""
        (thing,) = [thing for thing in self.all(kind) if thing["metadata"]["name"].endswith(ending)]
        return thing

    @property
    def pod(self) -> dict[str, Any]:
        """The Deployment's pod spec."""
        spec: dict[str, Any] = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def bot_yaml(self) -> str:
        """The settings file in the ConfigMap."""
        return str(self.one("ConfigMap")["data"]["bot.yaml"])


def render(values: dict[str, Any] | None = None) -> Rendered:
    """What ``helm install night ... -n oncall`` would send; raises :class:`Refused`."""
    import helm_python

    try:
        with helm_python.Chart.load(CHART) as chart:
            files = chart.render(values or {}, name=RELEASE, namespace=NAMESPACE)
    except helm_python.HelmError as error:
        raise Refused(str(error)) from error
    notes = "".join(text for name, text in files.items() if name.endswith("NOTES.txt"))
    objects = [
        thing
        for name, text in sorted(files.items())
        if name.endswith(".yaml")
        for thing in yaml.safe_load_all(text)
        if thing is not None
    ]
    return Rendered(tuple(objects), notes)


class Refused(Exception):
    """Helm refused the values."""
