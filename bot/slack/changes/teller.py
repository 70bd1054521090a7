"""Tells changes in Slack: the live message, its approvers, and whoever must look at it.

Implements :class:`bot.engine.changes.teller.Teller`. Everything goes through the outbox under ids
made of what it says, so that whoever carries the change next may tell it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from bot.model.access import Action, Person
from bot.model.approval import ApprovalRule
from bot.model.change import Change, ChangeRequest, ChangeState, Word
from bot.model.errors import NotAllowed
from bot.model.expiry import Expiry, ExpiryState
from bot.model.names import counted
from bot.model.plan import Risk
from bot.model.run import Door
from bot.slack import messages
from bot.slack.admission import Admission
from bot.slack.asked import Asked
from bot.slack.blocks import Message, section
from bot.slack.buttons import with_note
from bot.slack.changes import card, words
from bot.slack.changes.approvers import Directly, ask_groups
from bot.slack.changes.live import live, title_of
from bot.slack.changes.people import mention, named, who
from bot.slack.changes.places import Places, direct
from bot.slack.changes.versions import Version, rank_of
from bot.slack.dates import at
from bot.slack.mrkdwn import CUT, escape, plain, sentence
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.people import People
from bot.slack.uploads import Upload, filename

logger = logging.getLogger(__name__)

NOT_REQUESTED = "Nothing was asked for"
RINGS = frozenset(
    [
        *(ChangeState.CONFIRMING, ChangeState.UNKNOWN, ChangeState.UNVERIFIED),
        *(ChangeState.DONE, ChangeState.FAILED, ChangeState.REFUSED, ChangeState.REJECTED),
        *(ChangeState.EXPIRED, ChangeState.CANCELLED, ChangeState.STOPPED),
    ]
)
"""States in which the requester is rung: something is to be done, or the end came by others."""
NEEDS_SOMEBODY = frozenset([ChangeState.CONFIRMING, ChangeState.UNKNOWN])


class Rules(Protocol):
    """What is asked of the changes: see :class:`bot.engine.changes.service.Changes`."""

    def rule_of(self, change: Change) -> ApprovalRule | None:
        """The approval rule in force for a change that has a plan."""


class SlackTeller:
    """The Slack side of changes. ``rules`` is there once changes are, ``watch`` is told of every
    change that is told here."""

    def __init__(
        self,
        outbox: Outbox,
        people: People,
        admission: Admission,
        channels: Mapping[str, str],
        rules: Callable[[], Rules | None],
        watch: Callable[[Change], None] = lambda change: None,
        audit_channel: str = "",
    ) -> None:
        self._audit_channel = audit_channel
        self.places = Places(channels)
        self._outbox = outbox
        self._people = people
        self._admission = admission
        self._rules = rules
        self._watch = watch
        self._directly = Directly(outbox, people)

    async def admit(self, request: ChangeRequest) -> None:
        """By the access rules, where it was asked."""
        requester = request.requester
        asked = Asked(
            channel=request.origin.get("channel", request.channel),
            user=requester.id,
            user_name=requester.name,
            text="",
            other_team=request.origin.get("other_team", ""),
        )
        decision = await self._admission.decide(
            asked, request.remedy, request.cluster, Action.REQUEST
        )
        if not decision.allowed:
            ask = self._admission.rules.ask
            raise messages.not_allowed(decision, ask, NOT_REQUESTED)

    async def person(self, user: str) -> Person:
        """Who ``user`` is, not older than what matters may be."""
        return await self._people.person(user, certain=True)

    async def tell(self, change: Change) -> None:
        """The live message, the approvers, and whoever must know."""
        try:
            await self._tell(change)
        except Exception:  # the border: what cannot be told must not stop what was approved
            logger.exception("change %s could not be told in Slack", change.id)

    async def show(self, change: Change) -> None:
        """The live message alone, as soon as somebody's word counted."""
        rule, now = self._rule_of(change), datetime.now(UTC)
        message = live(change, now, rule)
        await self._show(change, message, Version.of(change, message))

    def progressed(self, change: Change, what: str) -> None:
        """How far the step under way is; the outbox coalesces."""
        message = live(change, datetime.now(UTC), said=what)
        lane = self.places.lane(change)
        self._outbox.update(lane, change.id, message, rank=rank_of(change))

    async def tell_expiry(self, expiry: Expiry, change: Change) -> None:
        """In the thread of the change; whoever must act is rung."""
        asks = expiry.state is ExpiryState.ASKS
        people = [change.request.requester.id, *(said.by.id for said in change.approvals)]
        text = words.EXPIRY[expiry.state].format(
            what=escape(expiry.what, 200),
            cluster=escape(expiry.cluster, 80),
            at=at(expiry.at),
            then=escape(expiry.then, 200),
            trouble=sentence(expiry.trouble, 400),
            who=" ".join(map(mention, dict.fromkeys(people))) if asks else "",
        )
        part = f"{expiry.id}-{expiry.state}"
        self._outbox.mention(self.places.lane(change), change.id, _plainly(text), part=part)
        self._watch(change)

    async def tell_head(self, number: int, digest: str) -> None:
        """In the audit's channel, where one is set."""
        if not self._audit_channel:
            return
        text = words.HEAD.format(records=counted(number, "record"), digest=plain(digest, 80))
        key = f"audit-head-{number}"
        self._outbox.post(self._audit_channel, key, _plainly(text), Fallback(), final=True)

    async def kept(self) -> bool:
        """Whether all of it is in the outbox for good."""
        return await self._outbox.kept()

    async def _tell(self, change: Change) -> None:
        if not change.round and await self._is_turned_away(change):
            return
        rule, now = self._rule_of(change), datetime.now(UTC)
        message = live(change, now, rule)
        version = Version.of(change, message)
        await self._show(change, message, version)
        self._put_plan_into_thread(change, message)
        unknown = await self._directly.tell(change, rule, now, version)
        lane = self.places.lane(change)
        if unknown:
            asks, part = ask_groups(change, unknown), f"groups-{change.round}-{change.reminded}"
            self._outbox.mention(lane, change.id, asks, part=part)
        self._announce(change, rule, lane)
        self._ring(change, message, lane, version)
        self._watch(change)

    async def _show(self, change: Change, message: Message, version: Version) -> None:
        """Post the live message where it is not posted, and bring it up to date where it is."""
        lane, first = self.places.lane(change), change.state is ChangeState.PLANNING
        if first or not await self._outbox.is_posted(change.id):
            self._outbox.post(lane, change.id, message, self._fallback(change))
        if not first:
            self._outbox.update(
                lane, change.id, message, final=True, part=version.part, rank=version.rank
            )

    async def _is_turned_away(self, change: Change) -> bool:
        """Whether the requester may not even ask: that is theirs alone to know."""
        if change.state not in (ChangeState.PLANNING, ChangeState.REFUSED):
            return False
        try:
            await self.admit(change.request)
        except NotAllowed as error:
            if change.state is ChangeState.REFUSED:
                said = messages.nothing_done(error)
                self._outbox.private(self._private(change), said, f"{change.id}/refused")
            return not await self._is_shown(change)
        return False

    async def _is_shown(self, change: Change) -> bool:
        """Whether there is a message that would go on saying that it is planned."""
        return change.state is ChangeState.REFUSED and await self._outbox.is_posted(change.id)

    def _put_plan_into_thread(self, change: Change, message: Message) -> None:
        """Whatever the card had to cut stands in a file."""
        plan = change.plan
        if plan is None or change.state is not ChangeState.WAITING:
            return
        texts = [block["text"]["text"] for block in message.blocks if "text" in block]
        if any(CUT in text for text in texts):
            upload = Upload(
                filename=filename(change.id, "plan.txt"),
                title=words.WHOLE_PLAN,
                content=card.in_full(change, plan).encode(),
            )
            self._outbox.reply(self.places.lane(change), change.id, upload, change.round)

    def _announce(self, change: Change, rule: ApprovalRule | None, lane: str) -> None:
        """What must be loud rings the approvers in the channel, in a message of its own."""
        plan = change.plan
        if plan is None or rule is None:
            return
        approvers = named(rule.approvers, most=20)
        about = {
            "title": escape(plan.title, 150),
            "cluster": escape(change.request.cluster, 80),
        }
        if change.state is ChangeState.WAITING and plan.risk is Risk.BREAKGLASS:
            text = words.LOUD_BREAKGLASS.format(who=approvers, needed=change.needed, **about)
            self._post(lane, f"{change.id}/loud-{change.round}", text)
        for said in change.approvals:
            if said.word is Word.SOLO and change.state is ChangeState.APPROVED:
                reason = escape(said.reason, 400)
                text = words.LOUD_SOLO.format(
                    who=who(said.by), reason=reason, approvers=approvers, **about
                )
                self._post(lane, f"{change.id}/solo-{change.round}", text)

    def _post(self, lane: str, key: str, text: str) -> None:
        self._outbox.post(lane, key, _plainly(text), Fallback(), final=True)

    def _ring(self, change: Change, message: Message, lane: str, version: Version) -> None:
        """Whoever asked looks away meanwhile; where they look elsewhere they are told alone."""
        request = change.request
        if change.state not in RINGS or _ended_it_themselves(change):
            return
        people = [request.requester.id]
        if change.state in NEEDS_SOMEBODY:
            people += [said.by.id for said in change.approvals]
        text = words.RINGS.format(
            who=" ".join(map(mention, dict.fromkeys(people))),
            state=words.STATES[change.state],
            title=escape(title_of(change), 150),
            cluster=escape(request.cluster, 80),
        )
        part = f"rings-{version.part}"
        self._outbox.mention(lane, change.id, _plainly(text), part=part)
        alone = direct(request.requester.id)
        if alone != lane and self.places.asked_elsewhere(request):
            private = with_note(message, words.TOLD_ALONE)
            self._outbox.private(alone, private, f"{change.id}/alone/{version.part}")

    def _rule_of(self, change: Change) -> ApprovalRule | None:
        rules = self._rules()
        return None if rules is None else rules.rule_of(change)

    def _private(self, change: Change) -> str:
        """Where only the requester is told: as they asked, else directly."""
        request = change.request
        if request.requester.door is not Door.SLACK or not request.origin.get("channel"):
            return direct(request.requester.id)
        known = {name: request.origin.get(name, "") for name in ("channel", "thread")}
        asked = Asked(user=request.requester.id, user_name=request.requester.name, text="", **known)
        response_url = request.origin.get("response_url", "")
        return msgspec.structs.replace(asked, response_url=response_url).private

    def _fallback(self, change: Change) -> Fallback:
        """A live message that its channel does not take goes to the requester."""
        return Fallback(private=direct(change.request.requester.id), note=words.FALLBACK_NOTE)


def _ended_it_themselves(change: Change) -> bool:
    by = change.cancelled_by
    return by is not None and by.id == change.request.requester.id


def _plainly(text: str) -> Message:
    return Message(text=text, blocks=(section(text),))
