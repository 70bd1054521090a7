"""Commands about changes that are answered at once: no run, no cluster but for its lock.

Their grammar is that of runbooks; the access rules know them by their names.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from bot.engine.executor import Executor
from bot.engine.grammar import Command
from bot.engine.parameters import Kind, Parameter
from bot.engine.registry import Procedure, Registry
from bot.model.access import REQUESTS, Action
from bot.model.change import Change, ChangeState
from bot.model.errors import NotAllowed, OncallError, TimedOut
from bot.model.names import parse_duration
from bot.slack import messages
from bot.slack.admission import Admission, Sight
from bot.slack.asked import Asked
from bot.slack.blocks import Block, Message, section
from bot.slack.changes import lists, words
from bot.slack.changes.lists import ChangeSeen, until
from bot.slack.changes.places import Places, shown
from bot.slack.changes.requesting import changes_of
from bot.slack.home.links import Links
from bot.slack.limits import FALLBACK
from bot.slack.mrkdwn import bold, escape
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback

if TYPE_CHECKING:
    from bot.engine.changes.service import Changes

logger = logging.getLogger(__name__)

WITHIN = 8.0
"""Seconds for an answer; a cluster is asked for its lock for five."""
LOCKED_FOR = 3_600.0
"""Seconds that a lock holds unless said otherwise."""
MOST = 8

_REASON = Parameter("reason", Kind.TEXT, positional=True, required=True)
_FOR = Parameter("for", Kind.DURATION, positional=False, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Immediate(Procedure):
    """A command that is answered at once."""

    @property
    def code(self) -> Callable[..., Any]:
        """What answers it."""
        return Answering.answer


def _entry(name: str, text: str, *parameters: Parameter) -> Immediate:
    summary = text.split("\n", 1)[0].rstrip(".")
    return Immediate(name=name, parameters=parameters, summary=summary, help=text)


AT_ONCE = Registry(
    [
        _entry("approvals", "Changes that wait for approval, those for you first."),
        _entry("changes", "The last changes, and how they ended."),
        _entry(
            "freeze",
            "No change begins on a cluster from now on.\n\nWhat has begun goes on. With --for it "
            "ends by itself, such as --for 8h.",
            _REASON,
            _FOR,
        ),
        _entry("unfreeze", "Lift the freeze of a cluster."),
        _entry(
            "lock",
            "Hold the lock of a cluster by hand, for an hour or --for a while.\n\nNobody else, and "
            "no bot, changes the cluster meanwhile.",
            _REASON,
            _FOR,
        ),
        _entry(
            "unlock",
            "Release the lock of a cluster, whoever holds it.\n\nA change that held it stops "
            "before its next step.",
        ),
        _entry("locks", "Locks and freezes of the clusters, who holds them and why."),
        _entry("expiries", "Time-boxed states that will be taken back, and when."),
    ]
)


class AtOnce(msgspec.Struct, frozen=True):
    """A command of this kind; ``cluster`` is empty where it is about all clusters. What a rule
    must allow is ``request`` for those in :data:`REQUESTS`, ``run`` for the others."""

    command: Command
    cluster: str
    asked: Asked


class Answering:
    """Answers them, for one door."""

    def __init__(
        self,
        executor: Executor,
        admission: Admission,
        outbox: Outbox,
        places: Places,
        links: Links,
    ) -> None:
        self._executor = executor
        self._admission = admission
        self._outbox = outbox
        self._places = places
        self._links = links
        self._answers: dict[str, Callable[[AtOnce, Changes], Awaitable[Message]]] = {
            "approvals": self._approvals,
            "changes": self._changes,
            "expiries": self._expiries,
            "freeze": self._freeze,
            "lock": self._lock,
            "locks": self._locks,
            "unfreeze": self._unfreeze,
            "unlock": self._unlock,
        }

    async def answer(self, wanted: AtOnce) -> Message:
        """What whoever asked is told, alone; never raises."""
        name = wanted.command.runbook.name
        try:
            changes = changes_of(self._executor)
            if name in REQUESTS:
                await self._require(wanted, Action.REQUEST)
            async with asyncio.timeout(WITHIN):
                return await self._answers[name](wanted, changes)
        except TimeoutError:
            late = TimedOut(f"There was no answer within {WITHIN:.0f} s.", hint="Ask once more.")
            return messages.nothing_done(late)
        except OncallError as error:
            return messages.nothing_done(error)
        except Exception:  # the border: whatever it was, the person is told
            logger.exception("%s could not be answered", name)
            return messages.fixed(messages.TROUBLE)

    async def _approvals(self, wanted: AtOnce, changes: Changes) -> Message:
        sight = await self._sight(wanted)
        found = [one for one in await changes.open_changes() if one.state is ChangeState.WAITING]
        seen = [
            await self._seen(one, changes, sight) for one in found if self._sees(wanted, sight, one)
        ]
        seen.sort(key=lambda one: not one.may_decide)
        blocks = lists.waiting(seen, MOST)
        return _listed(words.TITLE_APPROVALS, blocks, words.NO_APPROVALS)

    async def _changes(self, wanted: AtOnce, changes: Changes) -> Message:
        sight = await self._sight(wanted)
        found = [one for one in await changes.recent(50) if self._sees(wanted, sight, one)]
        seen = [await self._seen(one, changes, sight) for one in found[: lists.MOST_LINES]]
        return _listed(words.TITLE_CHANGES, lists.done(seen), words.NO_CHANGES)

    async def _locks(self, wanted: AtOnce, changes: Changes) -> Message:
        clusters = self._clusters(wanted, await self._sight(wanted))
        locks, gaps = await changes.locks()
        blocks = lists.holding(
            [one for one in await changes.freezes() if one.cluster in clusters],
            [one for one in locks if one.cluster in clusters],
            [gap for gap in gaps if any(gap.subject.endswith(f" {name}") for name in clusters)],
        )
        return _listed(words.TITLE_LOCKS, blocks, words.NO_LOCKS)

    async def _expiries(self, wanted: AtOnce, changes: Changes) -> Message:
        clusters = self._clusters(wanted, await self._sight(wanted))
        found = [one for one in await changes.expiries() if one.cluster in clusters]
        return _listed(words.TITLE_EXPIRIES, lists.promised(found), words.NO_EXPIRIES)

    async def _freeze(self, wanted: AtOnce, changes: Changes) -> Message:
        asked, reason = wanted.asked, wanted.command.parameters["reason"]
        freeze = await changes.freeze(
            wanted.cluster, reason, asked.requester, seconds=_seconds(wanted.command)
        )
        said = words.FROZEN.format(
            who=asked.by,
            cluster=bold(wanted.cluster, 90),
            until=until(freeze.until),
            reason=escape(reason, 300),
        )
        return self._told(wanted, f"{said}\n{words.FREEZE_MEANS}")

    async def _unfreeze(self, wanted: AtOnce, changes: Changes) -> Message:
        lifted = await changes.unfreeze(wanted.cluster, wanted.asked.requester)
        if lifted is None:
            return messages.fixed(words.NOT_FROZEN.format(cluster=bold(wanted.cluster, 90)))
        cluster, reason = bold(wanted.cluster, 90), escape(lifted.reason, 300)
        said = words.UNFROZEN.format(who=wanted.asked.by, cluster=cluster, reason=reason)
        return self._told(wanted, said)

    async def _lock(self, wanted: AtOnce, changes: Changes) -> Message:
        asked, reason = wanted.asked, wanted.command.parameters["reason"]
        seconds = _seconds(wanted.command) or LOCKED_FOR
        held = await changes.lock(wanted.cluster, reason, asked.requester, seconds=seconds)
        said = words.LOCKED.format(
            who=asked.by,
            cluster=bold(wanted.cluster, 90),
            until=until(held.until),
            reason=escape(reason, 300),
        )
        return self._told(wanted, f"{said}\n{words.LOCK_MEANS}")

    async def _unlock(self, wanted: AtOnce, changes: Changes) -> Message:
        held = await changes.unlock(wanted.cluster, wanted.asked.requester)
        if held is None:
            return messages.fixed(words.NOT_LOCKED.format(cluster=bold(wanted.cluster, 90)))
        said = words.UNLOCKED.format(
            who=wanted.asked.by,
            cluster=bold(wanted.cluster, 90),
            holder=escape(held.holder_name or held.holder, 80),
            reason=escape(held.reason, 300),
        )
        return self._told(wanted, said if held.by_hand else f"{said}\n{words.UNLOCK_MEANS}")

    def _told(self, wanted: AtOnce, said: str) -> Message:
        """Everybody who looks after the cluster reads it, once; whoever did it reads where."""
        channel = self._places.channel_for(wanted.cluster, wanted.asked.channel)
        if not channel:
            return messages.fixed(said)
        fallback = Fallback(private=wanted.asked.private, note=words.FALLBACK_NOTE)
        public = Message(text=said, blocks=(section(said),))
        self._outbox.post(channel, wanted.asked.once("brake"), public, fallback, final=True)
        return messages.fixed(words.TOLD_IN.format(where=shown(channel)))

    async def _require(self, wanted: AtOnce, action: Action) -> None:
        name = wanted.command.runbook.name
        decision = await self._admission.decide(wanted.asked, name, wanted.cluster, action)
        if not decision.allowed:
            raise messages.not_allowed(decision, self._admission.rules.ask, "Nothing was done")

    async def _sight(self, wanted: AtOnce) -> Sight:
        """What the person may see; raises :class:`NotAllowed` when that is nothing."""
        sight = await self._admission.sight(wanted.asked.user)
        if not self._clusters(wanted, sight):
            name = wanted.command.runbook.name
            raise NotAllowed(
                words.NO_CLUSTER_ALLOWED.format(command=name),
                hint=f"Whom to ask: {self._admission.rules.ask or messages.ASK_OPERATORS}.",
            )
        return sight

    def _clusters(self, wanted: AtOnce, sight: Sight) -> frozenset[str]:
        name, channel = wanted.command.runbook.name, wanted.asked.channel
        asked_for = [wanted.cluster] if wanted.cluster else list(self._executor.clusters)
        return frozenset(one for one in asked_for if sight.allows(name, one, channel))

    def _sees(self, wanted: AtOnce, sight: Sight, change: Change) -> bool:
        own = change.request.requester.id == wanted.asked.user
        return own or change.request.cluster in self._clusters(wanted, sight)

    async def _seen(self, change: Change, changes: Changes, sight: Sight) -> ChangeSeen:
        return await change_seen(change, changes, sight, self._places, self._links)


async def change_seen(
    change: Change, changes: Changes, sight: Sight, places: Places, links: Links
) -> ChangeSeen:
    """A change as the person of ``sight`` sees it."""
    waits = change.state is ChangeState.WAITING
    return ChangeSeen(
        change=change,
        may_decide=waits and changes.may_decide(change, sight.person).allowed,
        link=await links.to_message(change.id, places.lane(change)),
    )


def _seconds(command: Command) -> float | None:
    typed = command.parameters.get("for", "")
    return parse_duration(typed) if typed else None


def _listed(title: str, blocks: list[Block], nothing: str) -> Message:
    if not blocks:
        return messages.fixed(nothing)
    return Message(text=escape(title, FALLBACK), blocks=(section(f"*{title}*"), *blocks))
