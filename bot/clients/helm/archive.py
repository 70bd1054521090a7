"""Charts in files: helm ignores ``--version`` for them, so the version inside is read first."""

from __future__ import annotations

import tarfile
from pathlib import Path

from bot.clients.helm.arguments import Chart
from bot.clients.helm.names import ChartVersion
from bot.model.errors import Malformed, NotFound

MOST_BYTES = 1024 * 1024


def check(chart: Chart) -> None:
    """That a chart in a file is the version asked for; charts elsewhere are left to helm.

    Raises :class:`NotFound` when the file is missing or holds another version (seen with Helm
    4.1.4: it installs what the file holds), and :class:`Malformed` when it is no chart.
    """
    if chart.repository or "://" in chart.reference:
        return
    path = Path(chart.reference)
    if not path.is_file():
        raise NotFound(f"There is no chart at {path}.", hint="A packed chart is meant: NAME.tgz.")
    version = _version_in(path)
    if version != chart.version:
        raise NotFound(f"{path.name} holds version {version}, not {chart.version}.")


def _version_in(path: Path) -> ChartVersion:
    import yaml

    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for member in archive:
                if member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                    stream = archive.extractfile(member)
                    about = yaml.safe_load(stream.read(MOST_BYTES)) if stream else None
                    version = about.get("version") if isinstance(about, dict) else None
                    if found := ChartVersion.read(str(version or "")):
                        return found
    except (tarfile.TarError, OSError, EOFError, yaml.YAMLError) as error:
        raise Malformed(f"{path.name} is no packed chart: {error}.") from None
    raise Malformed(f"{path.name} is no packed chart: no version in it.")
