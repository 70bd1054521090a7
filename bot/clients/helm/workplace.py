"""A private folder for one run of helm: the kubeconfig, the values, and helm's own caches.

Nobody else can read it, nothing of the person's own Helm (repositories, plugins) is seen from it,
and it is gone afterwards. Folders that a killed bot left behind, with credentials in them, are
swept by the next run: each is locked while its owner lives.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

PREFIX = "cilium-oncall-helm-"
_LOCK = "lock"
_PASSED_ON = (
    *("PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "HELM_REGISTRY_CONFIG"),
)
"""All that helm sees of the bot's own environment."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder, and the environment that keeps helm inside it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Nothing secret is in it: the kubeconfig is a file."""
        inherited = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {
            **inherited,
            "HOME": str(self.folder),
            "HELM_CACHE_HOME": str(self.folder / "cache"),
            "HELM_CONFIG_HOME": str(self.folder / "config"),
            "HELM_DATA_HOME": str(self.folder / "data"),
            "HELM_DRIVER": "secret",
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "NO_COLOR": "1",
        }

    def keep(self, name: str, content: bytes) -> Path:
        """Write a file that only its owner can read."""
        path = self.folder / name
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(content)
        return path

    def keep_values(self, values: Mapping[str, Any]) -> Path:
        """The values as a file; JSON, which is YAML without its surprises."""
        return self.keep("values.json", msgspec.json.encode(values))


@contextmanager
def workplace() -> Iterator[Workplace]:
    """A folder of its own, taken away at the end."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Workplace(folder)
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Take away the folders of bots that were killed; those of other users are not ours."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if folder.stat().st_uid != os.getuid():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # just made, or just gone
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # at work
        finally:
            os.close(lock)
