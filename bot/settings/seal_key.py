"""The key that approvals and the audit are sealed with, or why nothing can be changed without it.

It must not be in the store: who can write there could otherwise approve. Beside the embedded store
it is made on first use, in a file of its own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from bot.model.errors import ConfigurationError
from bot.settings.schema import Settings

FILE = "seal.key"
SHORTEST = 32
"""Bytes."""

NO_APPROVALS = (
    "Nothing can be changed: bot.yaml names no approvals file (approvals:, docs/approvals.md)."
)
NO_SEAL_KEY = (
    "Nothing can be changed: a store of yours needs SEAL_KEY, the same for every replica, so that "
    "who can write to the store cannot approve. Make one: openssl rand -hex 32."
)


def why_no_changes(settings: Settings) -> str:
    """Why a bot with these settings changes nothing, with what to do; empty when it may."""
    if settings.approval_rules is None:
        return NO_APPROVALS
    if settings.credentials.seal_key is None and settings.store.url is not None:
        return NO_SEAL_KEY
    return ""


def seal_key_file(settings: Settings) -> Path | None:
    """Where the key of an embedded store is kept; ``None`` where ``SEAL_KEY`` is what counts."""
    if settings.credentials.seal_key is not None or settings.store.url is not None:
        return None
    return settings.store.folder.expanduser() / FILE


def seal_key(settings: Settings) -> bytes | None:
    """``SEAL_KEY``, else the key beside the embedded store, made when it is not there yet.

    ``None`` with a store of others and no key: :func:`why_no_changes`. Raises
    :class:`ConfigurationError` when the file cannot be used.
    """
    given = settings.credentials.seal_key
    if given is not None:
        return given.get_secret_value().encode()
    path = seal_key_file(settings)
    if path is None:
        return None
    try:
        if not path.exists():
            _make(path)
        return kept_key(path)
    except OSError as error:
        raise ConfigurationError(
            f"The seal key {path} cannot be used: {error.strerror}.",
            hint="Make store.folder a folder that the bot may write to, or set SEAL_KEY.",
        ) from None


def kept_key(path: Path) -> bytes:
    """The key in the file ``path``.

    Raises :class:`OSError`, and :class:`ConfigurationError` for one that must not be used.
    """
    # A kubelet gives the files of a volume to the pod's fsGroup: the group's bits say nothing.
    if path.stat().st_mode & 0o007:
        raise ConfigurationError(
            f"The seal key {path} can be read or written by every user of this machine.",
            hint="Delete it and restart the bot. What waits for approval must be requested anew.",
        )
    key = path.read_bytes().strip()
    if len(key) < SHORTEST:
        raise ConfigurationError(
            f"The seal key {path} is not whole.",
            hint="Restore it, or delete it: what waits for approval must then be requested anew, "
            "and the audit before it can no longer be verified.",
        )
    return key


def _make(path: Path) -> None:
    """Whole or not at all: a bot that is killed meanwhile must not leave half a key, and of two
    that begin together one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(SHORTEST)}\n")
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a key must not be gone after a power cut while what it sealed is there
    finally:
        os.close(folder)
