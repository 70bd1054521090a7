"""Around every write: who gets in between, how the server dies of it, what the ledger says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.playground.cluster.errors import ApiError
from bot.playground.cluster.ledger import Mutation
from bot.playground.cluster.trouble import WriteAttempt
from bot.playground.cluster.world import World

from .calls import Call

JsonObject = dict[str, Any]


class Died(Exception):
    """The API server is gone before it did what it was asked for; nobody gets an answer."""


async def mutate(
    world: World, call: Call, serve: Callable[[Call], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Serve a change and write it into the ledger, whatever comes of it.

    From the moment the body is read until the entry is written nothing else runs, so the ledger
    never misses an effect and never knows of one that did not happen.
    """
    try:
        response = await serve(call)
    except ApiError as refusal:
        _record(world, call, refusal.code)
        raise
    except Died:
        _record(world, call, 0, reply_lost=True)
        raise
    _record(world, call, response.status, reply_lost=_loses_reply(world, call))
    return response


def attempted(world: World, call: Call) -> None:
    """Let everybody act who is faster than this write; ``Died`` if the server is."""
    if call.dry_run:
        return
    death = world.api.death
    if death is not None and not death.applied and death.strikes():
        raise Died
    path = call.path
    attempt = WriteAttempt(
        call.verb, path.resource, path.subresource, path.namespace, path.name, _version(call)
    )
    for interfere in tuple(world.api.interferences):
        interfere(attempt)


def _loses_reply(world: World, call: Call) -> bool:
    """Break the connection of a write that succeeded, if a fault asks for it."""
    api, transport = world.api, call.request.transport
    if call.dry_run:
        return False
    if api.death is not None and api.death.applied and call.outcome.moved and api.death.strikes():
        return True
    if api.lost_replies is not None and transport is not None:
        api.lost_replies.count()
        transport.abort()
        return True
    return False


def _version(call: Call) -> str:
    """The resourceVersion without which the write is refused."""
    body = call.body
    if isinstance(body, list):  # a JSON patch tests it
        tested = (
            one.get("value")
            for one in body
            if isinstance(one, dict)
            and (one.get("op"), one.get("path")) == ("test", "/metadata/resourceVersion")
        )
        return str(next(tested, None) or "")
    if not isinstance(body, dict):
        return ""
    if call.verb == "delete":
        wanted = body.get("preconditions")
    elif call.path.subresource == "eviction":
        wanted = (body.get("deleteOptions") or {}).get("preconditions")
    else:
        wanted = body.get("metadata")
    return str((wanted or {}).get("resourceVersion") or "") if call.path.name else ""


def _record(world: World, call: Call, code: int, *, reply_lost: bool = False) -> None:
    path, outcome = call.path, call.outcome
    world.ledger.mutations.append(
        Mutation(
            time=world.clock.now(),
            user=call.user.name,
            user_agent=call.user_agent,
            verb=call.verb,
            group=path.group,
            resource=path.resource,
            subresource=path.subresource,
            namespace=path.namespace,
            name=_name(call),
            code=code,
            dry_run=_is_dry(call),
            effective=outcome.moved,
            reply_lost=reply_lost,
            collected=tuple(outcome.collected),
            body=call.body,
            **outcome.identities(),
        )
    )


def _is_dry(call: Call) -> bool:
    """Whether it is a dry run; one that cannot be understood was refused, and changed nothing."""
    try:
        return call.dry_run
    except ApiError:
        return False


def _name(call: Call) -> str:
    if call.path.name or call.verb == "deletecollection":
        return call.path.name
    if call.outcome.after is not None:
        return call.outcome.after.name
    metadata = call.body.get("metadata") if isinstance(call.body, dict) else None
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""
