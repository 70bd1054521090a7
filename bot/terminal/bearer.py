"""Who the caller is towards a running bot: a bearer token, from wherever they keep one.

A file or a variable first; else what the kubeconfig signs in with, credential plugins included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.clients.kubernetes.connection import ClusterAddress, connect
from bot.model.errors import ConfigurationError
from bot.terminal.api.wire import AUDIENCE

MAKE_ONE = f"Make one: `kubectl create token NAME --audience {AUDIENCE} > FILE`, then --token-file."


class Token(Protocol):
    """A token, read when it is needed: it may be renewed meanwhile."""

    async def read(self) -> str:
        """The token as it is now. Raises :class:`ConfigurationError`."""


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token from the environment."""

    value: str

    def __repr__(self) -> str:
        return "GivenToken(***)"

    async def read(self) -> str:
        """As given."""
        return _checked(self.value, "The token in the environment")


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A file with nothing but a token."""

    path: Path

    async def read(self) -> str:
        """Read anew: whoever renews it writes the file."""
        try:
            text = self.path.expanduser().read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "it is no text"
            raise ConfigurationError(
                f"Cannot read the token in {self.path}: {reason}.", hint=MAKE_ONE
            ) from None
        return _checked(text, f"What is in {self.path}")


@dataclass(frozen=True, slots=True)
class KubeconfigToken:
    """What a kubeconfig signs in with at the API server."""

    address: ClusterAddress

    async def read(self) -> str:
        """Read anew; a credential plugin is run again."""
        connection = await connect(self.address)
        headers = {name.lower(): value for name, value in (await connection.headers()).items()}
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ConfigurationError(
                f"{self.address} signs in without a token, and only the API server can check that.",
                hint=MAKE_ONE,
            )
        return _checked(token, "The kubeconfig's token")


def _checked(text: str, what: str) -> str:
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(f"{what} is no token.", hint=MAKE_ONE)
    return token
