"""Whom a change is told directly: its approvers, each once per request for approval.

Everybody gets a card of their own in their direct messages with the bot, which rings and can be
decided on, and which says so once there is nothing to decide on any more. At half-time those asked
first are reminded and the second group is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from bot.model.approval import ApprovalRule, Approvers
from bot.model.change import Change, ChangeState, Word
from bot.model.errors import ClientError
from bot.slack.blocks import Message
from bot.slack.changes import words
from bot.slack.changes.buttons import offers
from bot.slack.changes.live import decided, live, title_of, with_heading
from bot.slack.changes.people import mention_group, who
from bot.slack.changes.places import direct
from bot.slack.changes.versions import Version
from bot.slack.dates import at
from bot.slack.mrkdwn import escape
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.people import People

logger = logging.getLogger(__name__)

MOST_ASKED = 50
"""People asked directly for one change; the channel and the terminal are there for the others."""


IN_WORK = frozenset(
    [
        *(ChangeState.EXECUTING, ChangeState.CONFIRMING, ChangeState.UNKNOWN),
        ChangeState.VERIFYING,
    ]
)
"""Nothing to decide, and not the end: what goes on is told in the channel."""


class Directly:
    """The direct messages of one change's approvers."""

    def __init__(self, outbox: Outbox, people: People) -> None:
        self._outbox = outbox
        self._people = people

    async def tell(
        self, change: Change, rule: ApprovalRule | None, now: datetime, version: Version
    ) -> list[str]:
        """Ask, remind, or say that it is decided; returns the groups that cannot be looked up, by
        id: somebody must be told another way."""
        if rule is None or not change.ask or not change.needed or change.state in IN_WORK:
            return []
        first, unknown = await self._members(rule.approvers, change)
        second, unknown_second = await self._members(rule.second, change)
        second -= first
        if change.state is ChangeState.WAITING:
            await self._ask(change, rule, now, version, first)
            if change.reminded:
                await self._remind(change, now, first)
                await self._ask(change, rule, now, version, second)
            return sorted(unknown | (unknown_second if change.reminded else frozenset()))
        asked = sorted(first | (second if change.reminded else frozenset()))
        message = decided(change, now)
        for user in asked[:MOST_ASKED]:
            self._update(change, user, message, version)
            if change.reminded and user in first:
                self._update(change, user, message, version, reminder=True)
        return []

    async def _ask(
        self,
        change: Change,
        rule: ApprovalRule,
        now: datetime,
        version: Version,
        users: Iterable[str],
    ) -> None:
        """A card for everybody; one that was sent already is brought up to date."""
        heading = words.PLEASE_DECIDE.format(who=who(change.request.requester))
        for user in sorted(users)[:MOST_ASKED]:
            own = user == change.request.requester.id
            card = with_heading(live(change, now, rule, own=own), heading)
            key = _key(change, user)
            if not await self._outbox.is_posted(key):
                self._outbox.post(direct(user), key, card, Fallback())
            if change.decisions or change.tellings or Word.SOLO in offers(change, now):
                self._update(change, user, card, version)

    async def _remind(self, change: Change, now: datetime, users: Iterable[str]) -> None:
        if change.decide_by is None:
            return
        text = words.REMINDER.format(
            title=escape(title_of(change), 150),
            cluster=escape(change.request.cluster, 80),
            at=at(change.decide_by),
        )
        for user in sorted(users)[:MOST_ASKED]:
            own = user == change.request.requester.id
            card = with_heading(live(change, now, own=own), text)
            rung = Message(text=text, blocks=card.blocks)
            key = _key(change, user, reminder=True)
            if not await self._outbox.is_posted(key):
                self._outbox.post(direct(user), key, rung, Fallback())

    def _update(
        self,
        change: Change,
        user: str,
        message: Message,
        version: Version,
        *,
        reminder: bool = False,
    ) -> None:
        self._outbox.update(
            direct(user),
            _key(change, user, reminder=reminder),
            message,
            final=True,
            part=version.part,
            rank=version.rank,
        )

    async def _members(
        self, approvers: Approvers, change: Change
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Who is meant, without the requester; and groups of which Slack does not say."""
        users = set(approvers.users)
        unknown = set()
        for group in sorted(approvers.groups):
            try:
                users |= await self._people.members(group)
            except ClientError as error:
                logger.warning("approvers in %s are not told directly: %s", group, error.message)
                unknown.add(group)
        users.discard(change.request.requester.id)
        if len(users) > MOST_ASKED:
            logger.warning("only %d of %d approvers are asked directly", MOST_ASKED, len(users))
        return frozenset(users), frozenset(unknown)


def ask_groups(change: Change, groups: Iterable[str]) -> Message:
    """Rings groups in the channel, because nobody can tell who is in them."""
    text = words.ASK_GROUP.format(
        who=", ".join(map(mention_group, groups)),
        title=escape(title_of(change), 150),
        cluster=escape(change.request.cluster, 80),
    )
    return Message(text=text)


def _key(change: Change, user: str, *, reminder: bool = False) -> str:
    return f"{change.id}/{change.ask}/{user}{'/reminder' if reminder else ''}"
