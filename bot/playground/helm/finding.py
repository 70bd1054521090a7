"""Where a chart comes from: an archive, or a repository over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec

from .api import Failed
from .charts import Chart, unpacked


def find(reference: str, repository: str, version: str) -> Chart:
    """The chart; ``version`` counts only in a repository, as with the real one."""
    if not repository:
        path = Path(reference)
        if not path.is_file():
            raise Failed(f"path {reference!r} not found")
        return unpacked(path.read_bytes())
    try:
        index = httpx.get(f"{repository}/index.yaml", timeout=30, trust_env=False)
        index.raise_for_status()
        entries = msgspec.yaml.decode(index.content)["entries"]
    except (httpx.HTTPError, msgspec.DecodeError, KeyError) as error:
        raise Failed(
            f'looks like "{repository}" is not a valid chart repository or cannot be reached: '
            f"{error}"
        ) from None
    for entry in entries.get(reference) or ():
        if entry["version"] == version:
            place = httpx.URL(f"{repository}/").join(entry["urls"][0])
            archive = httpx.get(place, timeout=30, trust_env=False)
            return unpacked(archive.content)
    raise Failed(
        f'chart "{reference}" matching {version} not found in {repository} index. '
        "(try 'helm repo update'): no chart version found"
    )
