"""Where the store is: the URL a person configures, read into what redis-py needs.

    redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]                    rediss:// for TLS
    unix:///PATH/TO/SOCKET[?db=N]
    redis+sentinel://[USER@]HOST[:PORT],HOST[:PORT]/SERVICE[/DB]  rediss+sentinel:// for TLS

The same grammar pydocket reads (``docket/_redis_sentinel.py``, 0.27). A password belongs in
STORE_PASSWORD; no error and no ``repr`` shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from bot.model.errors import ConfigurationError

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store's URL without its password, and the password."""

    url: str
    password: str = field(default="", repr=False)

    @property
    def scheme(self) -> str:
        """One of :data:`SCHEMES`."""
        return self.url.partition("://")[0]

    @property
    def username(self) -> str:
        """Empty for the default user."""
        authority = self.url.partition("://")[2].partition("/")[0]
        return unquote(authority.rpartition("@")[0].partition(":")[0])

    @property
    def sentinels(self) -> list[tuple[str, int]]:
        """Hosts and ports of the Sentinels; empty without."""
        if not self.scheme.endswith("+sentinel"):
            return []
        authority = self.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return [_member(member.strip()) for member in authority.split(",") if member.strip()]

    @property
    def service(self) -> str:
        """The service that Sentinels watch over."""
        return self._path[0] if self._path else ""

    @property
    def database(self) -> int:
        """The database's number behind Sentinels."""
        return int(self._path[1]) if len(self._path) > 1 else 0

    @property
    def _path(self) -> list[str]:
        path = self.url.partition("://")[2].partition("/")[2].partition("?")[0]
        return [part for part in path.split("/") if part]

    def __str__(self) -> str:
        return self.url


def store_address(url: str, password: str = "") -> StoreAddress:
    """Read a URL; :class:`ConfigurationError` for one that cannot be a store's."""
    scheme, found, rest = url.partition("://")
    if not found or scheme not in SCHEMES:
        raise ConfigurationError(
            "The store's URL does not begin like one.",
            hint="Write redis://HOST:6379/0, rediss:// for TLS, unix:///SOCKET, or "
            "redis+sentinel://HOST,HOST/SERVICE.",
        )
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    name, colon, inside = user.partition(":")
    address = StoreAddress(
        f"{scheme}://{name}{at}{hosts}{slash}{path}", password or unquote(inside)
    )
    if colon and password and unquote(inside) != password:
        raise ConfigurationError(
            "The store's password is given twice, and differently.",
            hint="Keep STORE_PASSWORD and take the one in store.url out.",
        )
    _check(address, hosts, path)
    return address


def _check(address: StoreAddress, hosts: str, path: str) -> None:
    try:
        if address.sentinels:
            good = bool(address.service) and address.database >= 0
        elif address.scheme == "unix":
            good = not hosts and bool(path)
        else:
            parts = urlsplit(address.url)
            good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(
            f"The store's URL {address} is not complete.",
            hint="A host is needed; with Sentinels also the service: "
            "redis+sentinel://HOST,HOST/SERVICE.",
        )


def _member(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "", parts.port or SENTINEL_PORT
