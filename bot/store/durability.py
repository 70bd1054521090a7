"""Whether the store keeps what it is given: evicts nothing, writes to disk."""

from __future__ import annotations

from bot.model.errors import StoreUnavailable
from bot.store.connection import Store
from bot.store.records import text


async def weaknesses(store: Store) -> list[str]:
    """What is wrong with the store's settings, as sentences with their fix; empty when durable.

    A hosted store may not let its settings be read; INFO tells most of it. Raises
    :class:`StoreUnavailable`.
    """
    info = {name: str(value) for name, value in (await store.read("INFO")).items()}
    found: list[str] = []
    policy = info.get("maxmemory_policy", "")
    if policy != "noeviction":
        found.append(
            f"When memory is short the store drops records (maxmemory-policy {policy or '?'}). "
            "Set maxmemory-policy noeviction."
        )
    if info.get("aof_enabled") != "1":
        found.append(
            "The store loses what it was given when it is killed (appendonly no). "
            "Set appendonly yes."
        )
    elif await _fsync(store) == "no":
        found.append(
            "The store writes to disk only when the system pleases (appendfsync no). "
            "Set appendfsync everysec, or always."
        )
    if info.get("role") not in (None, "master"):
        found.append("The store's URL leads to a replica. Use its primary, or Sentinel.")
    return found


async def _fsync(store: Store) -> str:
    try:
        answer = await store.read("CONFIG", "GET", "appendfsync")
    except StoreUnavailable:  # CONFIG is forbidden: what cannot be seen is not called wrong
        return ""
    values = list(answer.values()) if isinstance(answer, dict) else list(answer)[1:]
    return text(values[0]) if values else ""
