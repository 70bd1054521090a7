"""Which Cilium is installed, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Newest CRD schema version of each minor (pkg/k8s/apis/cilium.io/register.go); approximate.
_CRD_SCHEMA = {
    14: "1.26.11", 15: "1.27.13", 16: "1.29.16", 17: "1.30.9", 18: "1.32.4", 19: "1.33.11",
    20: "1.34.2",
}  # fmt: skip


@dataclass(frozen=True)
class Release:
    """One installed version, without a leading v: ``1.18.6``."""

    version: str
    agent_metrics: bool = True
    cluster_name: str = "playground"

    def __post_init__(self) -> None:
        parts = self.version.split(".")
        if len(parts) != 3 or not all(part.isdigit() for part in parts) or parts[0] != "1":
            raise ValueError(f"Cilium version {self.version!r} is not of the form 1.18.6")
        if int(parts[1]) not in _CRD_SCHEMA:
            raise ValueError(f"Cilium 1.{parts[1]} is not modelled; known are 1.14 to 1.20")

    @property
    def minor(self) -> int:
        """18 for 1.18.6."""
        return int(self.version.split(".")[1])

    @property
    def patch(self) -> int:
        """6 for 1.18.6."""
        return int(self.version.split(".")[2])

    @property
    def tag(self) -> str:
        """``v1.18.6``"""
        return f"v{self.version}"

    @property
    def crd_schema(self) -> str:
        """The value of the label ``io.cilium.k8s.crd.schema.version``."""
        return _CRD_SCHEMA[self.minor]

    def image(self, name: str) -> str:
        """``quay.io/cilium/cilium:v1.18.6``"""
        return f"quay.io/cilium/{name}:{self.tag}"

    def older(self) -> Release:
        """The patch release before this one, or the last minor when this is a .0."""
        if self.patch > 0:
            return replace(self, version=f"1.{self.minor}.{self.patch - 1}")
        return replace(self, version=f"1.{max(self.minor - 1, 14)}.4")
