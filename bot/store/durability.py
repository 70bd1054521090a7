"""Whether the store keeps what it is given: evicts nothing, writes to disk."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.errors import StoreUnavailable
from bot.store.connection import Store
from bot.store.records import text


@dataclass(frozen=True, slots=True)
class Weakness:
    """One setting by which the store may lose what it was given."""

    id: str
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What a store says of itself. ``version`` names the kind, such as ``valkey 9.1.2``."""

    version: str
    weaknesses: tuple[Weakness, ...]


async def condition(store: Store) -> Condition:
    """Ask the store; a hosted one may not let its settings be read, but INFO tells most of it.

    Raises :class:`StoreUnavailable`.
    """
    info = {name: str(value) for name, value in (await store.read("INFO")).items()}
    fsync = await _fsync(store) if info.get("aof_enabled") == "1" else ""
    return Condition(_version(info), tuple(weaknesses(info, fsync)))


def weaknesses(info: dict[str, str], fsync: str) -> list[Weakness]:
    """What is wrong by INFO and ``appendfsync`` (empty where that may not be read)."""
    found: list[Weakness] = []
    policy = info.get("maxmemory_policy", "")
    if policy != "noeviction":
        found.append(
            Weakness(
                "store-evicts",
                f"When memory is short the store drops records (maxmemory-policy {policy or '?'}).",
                "Set maxmemory-policy noeviction.",
            )
        )
    if info.get("aof_enabled") != "1":
        found.append(
            Weakness(
                "store-not-on-disk",
                "The store loses what it was given when it is killed (appendonly no).",
                "Set appendonly yes.",
            )
        )
    elif fsync == "no":
        found.append(
            Weakness(
                "store-writes-late",
                "The store writes to disk only when the system pleases (appendfsync no).",
                "Set appendfsync everysec, or always.",
            )
        )
    if info.get("role", "master") != "master":
        found.append(
            Weakness(
                "store-is-replica",
                "The store's URL leads to a replica, which takes no writes.",
                "Let store.url name the primary, or Sentinels.",
            )
        )
    return found


def _version(info: dict[str, str]) -> str:
    if version := info.get("valkey_version"):
        return f"valkey {version}"
    return f"redis {info.get('redis_version', 'of an unknown version')}"


async def _fsync(store: Store) -> str:
    try:
        answer = await store.read("CONFIG", "GET", "appendfsync")
    except StoreUnavailable:  # CONFIG is forbidden: what cannot be seen is not called wrong
        return ""
    values = list(answer.values()) if isinstance(answer, dict) else list(answer)[1:]
    return text(values[0]) if values else ""
