"""Buttons on findings: a remedy that could cure one, asked for by whoever presses it.

A button's value is the id of its run; which finding and which of its offers are told by where the
button stands, so that everything else is looked up. An answer older than :data:`OLD` is not acted
on: its check runs again first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.engine.executor import Executor
from bot.engine.grammar import Command
from bot.model.change import Change
from bot.model.names import format_duration
from bot.model.report import Finding, RemedyOffer
from bot.model.run import RunRecord, is_run_id
from bot.slack import messages
from bot.slack.asked import Asked, words_of
from bot.slack.blocks import Block, Message, button
from bot.slack.changes import words
from bot.slack.changes.people import who
from bot.slack.changes.requesting import Requesting
from bot.slack.mrkdwn import code, escape

PREFIX = "offer."
OLD = 900.0
"""Seconds after a run's end for which its findings are acted on."""
MOST_OFFERS = 3
"""Of one finding."""

_PLACE = re.compile(r"offer\.([0-9]{1,3})\Z")

Offered = Callable[[RemedyOffer], bool]
"""Whether an offer can be taken up here."""
Take = Callable[[Asked], Awaitable[Message | None]]
"""Has a run accepted as if its words had been typed; the message says why there is none."""


def nothing_offered(offer: RemedyOffer) -> bool:
    """Where there are no changes."""
    return False


class OfferPress(msgspec.Struct, frozen=True, kw_only=True):
    """A click on an offer."""

    run_id: str
    finding: int
    offer: int
    message: str = ""


def row(run_id: str, number: int, finding: Finding, offered: Offered) -> tuple[Block, ...]:
    """The buttons of the ``number``-th finding of a run's report; none where nothing is offered."""
    elements = [
        button(label(offer), f"{PREFIX}{index}", run_id)
        for index, offer in enumerate(finding.remedies[:MOST_OFFERS])
        if offered(offer)
    ]
    if not elements:
        return ()
    return ({"type": "actions", "block_id": f"{PREFIX}{number}", "elements": elements},)


def label(offer: RemedyOffer) -> str:
    """``Restart agent on node-7…``."""
    name = offer.remedy.replace("-", " ").capitalize()
    about = ", ".join(offer.parameters.values())
    return words.OFFER.format(what=f"{name} on {about}" if about else name)


def pressed(body: Mapping[str, Any]) -> OfferPress | None:
    """What a click takes up; ``None`` for what is no offer of ours."""
    actions, container = body.get("actions"), body.get("container")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        return None
    offer, finding = (_PLACE.match(str(actions[0].get(at))) for at in ("action_id", "block_id"))
    value = actions[0].get("value")
    if offer is None or finding is None or not isinstance(value, str) or not is_run_id(value):
        return None
    where = container if isinstance(container, Mapping) else {}
    return OfferPress(
        run_id=value,
        finding=int(finding[1]),
        offer=int(offer[1]),
        message=str(where.get("message_ts") or ""),
    )


class Offers:
    """What a press on an offer leads to."""

    def __init__(
        self, executor: Executor, requesting: Requesting, take: Take, old: float = OLD
    ) -> None:
        self._executor = executor
        self._requesting = requesting
        self._take = take
        self._old = old

    async def take_up(self, asked: Asked, press: OfferPress) -> Message | None:
        """Ask for the change as whoever pressed; the message is for them alone."""
        record = await self._executor.get(press.run_id)
        if record is None:
            return messages.fixed(words.OFFER_GONE.format(run=code(press.run_id, 40)))
        finding = _finding(record, press)
        if finding is None or not _belongs(record, asked):
            return messages.fixed(messages.UNKNOWN_BUTTON)
        age = _age(record)
        if age is None or age > self._old:
            return await self._look_again(record, asked, age or 0.0)
        offer = finding.remedies[press.offer]
        reason = words.OFFER_REASON.format(subject=finding.subject, cause=finding.cause)
        change = await self._request(record, asked, press, offer, reason)
        if change.request.requester.id != asked.user:
            return _known(change)
        return self._requesting.answer(change, asked)

    async def _request(
        self,
        record: RunRecord,
        asked: Asked,
        press: OfferPress,
        offer: RemedyOffer,
        reason: str,
    ) -> Change:
        """One change per offer, however many press; a new one once that has ended."""
        once = f"{press.run_id} {press.finding} {press.offer}"
        change = await self._once(record, asked, offer, reason, once)
        if change.state.terminal:
            once = f"{once} {asked.trigger}"
            change = await self._once(record, asked, offer, reason, once)
        return change

    async def _once(
        self, record: RunRecord, asked: Asked, offer: RemedyOffer, reason: str, once: str
    ) -> Change:
        cluster = record.request.cluster
        return await self._requesting.request(
            offer.remedy, offer.parameters, cluster, asked, reason=reason[:300], once=once
        )

    async def _look_again(self, record: RunRecord, asked: Asked, age: float) -> Message:
        request = record.request
        runbook = self._executor.registry.get(request.runbook)
        command = Command(runbook, request.parameters, deadline=request.deadline)
        line = f"{words_of(command)} --cluster {request.cluster}"
        said = await self._take(msgspec.structs.replace(asked, text=line))
        shown = code(f"{messages.SLASH} {line}", 300)
        stale = words.OFFER_STALE.format(age=format_duration(age), command=shown)
        return said if said is not None else messages.fixed(stale)


def _finding(record: RunRecord, press: OfferPress) -> Finding | None:
    findings = record.report.findings if record.report is not None else ()
    if press.finding >= len(findings):
        return None
    finding = findings[press.finding]
    return finding if press.offer < len(finding.remedies) else None


def _belongs(record: RunRecord, asked: Asked) -> bool:
    """Whether a message about the run can be where the click was."""
    theirs = asked.is_direct and asked.user == record.request.requester.id
    return theirs or record.request.origin.get("channel") == asked.channel


def _age(record: RunRecord) -> float | None:
    if record.finished_at is None:
        return None
    return (datetime.now(UTC) - record.finished_at).total_seconds()


def _known(change: Change) -> Message:
    text = words.OFFER_KNOWN.format(
        who=who(change.request.requester),
        change=code(change.id, 40),
        state=escape(change.state.value, 40),
    )
    return messages.fixed(text)
