"""Names a person typed, made full: unique prefixes for reads; changes demand the full name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.engine.parameters import Kind
from bot.engine.registry import Procedure, RemedyEntry
from bot.model.errors import ClientError, NotFound, UsageError
from bot.model.names import natural
from bot.model.nearest import did_you_mean, quoted

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

PATIENCE = 3.0
"""Seconds to spend on this. A slow API server must not keep the run from starting."""


async def resolve_names(
    entry: Procedure, parameters: dict[str, str], cluster: Cluster
) -> dict[str, str]:
    """``parameters`` with every node name in full.

    Raises :class:`UsageError` for a node that does not exist or a prefix of several, and for any
    prefix where ``entry`` is a remedy: a slip of the thumb must not choose what is changed. When
    the cluster cannot be asked in time the names stay as typed: the run itself will tell.
    """
    resolved = dict(parameters)
    for parameter in entry.parameters:
        if parameter.kind is Kind.NODE and parameter.name in parameters:
            typed = parameters[parameter.name]
            name = await _node(typed, cluster)
            if name != typed and isinstance(entry, RemedyEntry):
                raise UsageError(
                    f"{entry.name} changes the cluster, so it needs the full name of the node.",
                    hint=f"If you mean {name}, type it in full.",
                )
            resolved[parameter.name] = name
    return resolved


async def _node(typed: str, cluster: Cluster) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            try:
                return (await cluster.reads.node(typed)).name
            except NotFound:
                names = await cluster.reads.node_names()
    except (ClientError, TimeoutError):
        return typed
    return _full_name(typed, names, cluster.name)


def _full_name(typed: str, names: list[str], cluster: str) -> str:
    matches = sorted((name for name in names if name.startswith(typed)), key=natural)
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = ", ".join(matches[:5]) + (" …" if len(matches) > 5 else "")
        raise UsageError(
            f"{quoted(typed)} begins the names of {len(matches)} nodes of {cluster}.",
            hint=f"Which one: {shown}?",
        )
    raise UsageError(
        f"There is no node {quoted(typed)} in {cluster}.",
        hint=did_you_mean(typed, names) or f"The cluster has {len(names)} nodes.",
    )
