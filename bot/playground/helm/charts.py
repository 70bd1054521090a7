"""The playground's chart: Cilium's agent, operator, relay and configuration, by the real keys.

One set of templates; what differs between minors are values (``minors/``). The objects are those
that the simulated cluster is populated with, so that a release fits what stands there.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .values import Values, merged

HERE = Path(__file__).parent
CHART = HERE / "chart"
NAME = "cilium"
VERSIONS = ("1.18.5", "1.18.6", "1.19.0", "1.19.1")
"""What the playground's repository offers, oldest first."""


@dataclass(frozen=True)
class Chart:
    """One version of the chart."""

    version: str
    values: Values
    templates: dict[str, str]

    @property
    def metadata(self) -> Values:
        """``Chart.yaml``."""
        return {
            "apiVersion": "v2",
            "name": NAME,
            "version": self.version,
            "appVersion": self.version,
            "description": "The playground's small chart of Cilium; not for real clusters.",
            "kubeVersion": ">= 1.21.0-0",
        }

    def package(self) -> bytes:
        """The chart as an archive; the same bytes each time."""
        files = {"Chart.yaml": _yaml(self.metadata), "values.yaml": _yaml(self.values)}
        files |= {f"templates/{name}": text for name, text in self.templates.items()}
        packed = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w") as archive,
        ):
            for name, text in files.items():
                content = text.encode()
                member = tarfile.TarInfo(f"{NAME}/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return packed.getvalue()


def chart(version: str) -> Chart:
    """The chart of ``version``; ``ValueError`` names the minors there are."""
    minor = ".".join(version.split(".")[:2])
    overlay = HERE / "minors" / f"{minor}.yaml"
    if not overlay.exists():
        known = ", ".join(sorted(path.stem for path in (HERE / "minors").glob("*.yaml")))
        raise ValueError(f"there is no chart of Cilium {version}; minors are {known}")
    values = merged(_read(CHART / "values.yaml"), _read(overlay))
    folder = CHART / "templates"
    return Chart(
        version, values, {path.name: path.read_text() for path in sorted(folder.iterdir())}
    )


def unpacked(archive: bytes) -> Chart:
    """The chart in an archive; ``ValueError`` when it is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
            files = {
                member.name.partition("/")[2]: stream.read()
                for member in opened
                if (stream := opened.extractfile(member)) is not None
            }
        version = str(msgspec.yaml.decode(files["Chart.yaml"])["version"])
        values = msgspec.yaml.decode(files["values.yaml"])
    except (tarfile.TarError, OSError, EOFError, KeyError, msgspec.DecodeError) as error:
        raise ValueError(f"this is no chart archive: {error}") from None
    templates = {
        name.removeprefix("templates/"): content.decode()
        for name, content in files.items()
        if name.startswith("templates/")
    }
    return Chart(version, values, templates)


def _read(path: Path) -> Values:
    read: Values = msgspec.yaml.decode(path.read_bytes())
    return read


def _yaml(value: object) -> str:
    return msgspec.yaml.encode(value).decode()
