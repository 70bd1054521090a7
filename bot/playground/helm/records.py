"""Release records as Helm stores them: a Secret per revision.

Source: Helm 4.1's ``storage/driver`` (Secrets of type ``helm.sh/release.v1``; JSON, gzip, base64).
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .charts import NAME, Chart
from .templates import render
from .values import Values, merged

JsonObject = dict[str, Any]
TYPE = "helm.sh/release.v1"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One revision of a release. Times are RFC 3339; ``values`` those a person gave."""

    number: int
    status: str
    chart: Chart
    values: Values
    first_deployed: str
    last_deployed: str
    description: str
    manifest: str
    name: str = NAME
    namespace: str = "kube-system"
    labels: dict[str, str] = field(default_factory=dict)

    def release(self) -> JsonObject:
        """As ``helm status -o json`` shows it."""
        encoded = {
            name: base64.b64encode(text.encode()).decode()
            for name, text in self.chart.templates.items()
        }
        return {
            "name": self.name,
            "info": {
                "first_deployed": self.first_deployed,
                "last_deployed": self.last_deployed,
                "description": self.description,
                "status": self.status,
            },
            "chart": {
                "metadata": self.chart.metadata,
                "lock": None,
                "templates": [
                    {"name": f"templates/{name}", "data": data} for name, data in encoded.items()
                ],
                "values": self.chart.values,
                "schema": None,
                "files": None,
            },
            "config": self.values,
            "manifest": self.manifest,
            "version": self.number,
            "namespace": self.namespace,
            "apply_method": "ssa",
        }

    def secret(self) -> JsonObject:
        """The Secret that keeps it."""
        packed = base64.b64encode(gzip.compress(msgspec.json.encode(self.release()), mtime=0))
        return {
            "metadata": {
                "name": f"sh.helm.release.v1.{self.name}.v{self.number}",
                "namespace": self.namespace,
                "labels": {
                    **self.labels,
                    "name": self.name,
                    "owner": "helm",
                    "status": self.status,
                    "version": str(self.number),
                },
            },
            "data": {"release": base64.b64encode(packed).decode()},
            "type": TYPE,
        }


def record_in(secret: JsonObject) -> Record:
    """The record that a Secret keeps."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    found = msgspec.json.decode(gzip.decompress(packed))
    chart, info = found["chart"], found["info"]
    templates = {
        part["name"].removeprefix("templates/"): base64.b64decode(part["data"]).decode()
        for part in chart["templates"]
    }
    return Record(
        number=found["version"],
        status=info["status"],
        chart=Chart(chart["metadata"]["version"], chart["values"] or {}, templates),
        values=found.get("config") or {},
        first_deployed=info["first_deployed"],
        last_deployed=info["last_deployed"],
        description=info["description"],
        manifest=found["manifest"],
        name=found["name"],
        namespace=found["namespace"],
    )


def manifest_of(chart: Chart, values: Values, namespace: str, name: str = NAME) -> str:
    """What ``chart`` with ``values`` consists of, ordered as Helm orders it: by kind."""
    scope = {
        "Values": merged(chart.values, values),
        "Chart": {"Version": chart.version, "AppVersion": chart.version, "Name": NAME},
        "Release": {"Name": name, "Namespace": namespace},
    }
    rendered = {
        file: text
        for file, template in chart.templates.items()
        if (text := render(template, scope).strip())
    }
    ordered = sorted(rendered, key=lambda file: (_kind_order(rendered[file]), file))
    return "".join(f"---\n# Source: {NAME}/templates/{f}\n{rendered[f]}\n" for f in ordered)


def objects_in(manifest: str) -> list[JsonObject]:
    """The objects of a manifest."""
    return [msgspec.yaml.decode(part.encode()) for part in manifest.split("---\n") if part.strip()]


_ORDER = ("ConfigMap", "DaemonSet", "Deployment")


def _kind_order(document: str) -> int:
    kind = str(msgspec.yaml.decode(document.encode()).get("kind"))
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
