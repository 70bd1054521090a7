"""Changes of one Slack door: what its requests lead to, put together."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp

from bot.engine.executor import Executor
from bot.model.errors import OncallError
from bot.model.report import RemedyOffer
from bot.slack import messages
from bot.slack.admission import Admission
from bot.slack.blocks import Message
from bot.slack.bolt_app import on_a_message
from bot.slack.changes import buttons, modals, offers
from bot.slack.changes.clicks import ChangeClicks
from bot.slack.changes.commands import Answering, AtOnce
from bot.slack.changes.offers import Offers, Take
from bot.slack.changes.requesting import Requesting
from bot.slack.changes.teller import SlackTeller
from bot.slack.commands import Start
from bot.slack.home.home import Home
from bot.slack.home.links import Links
from bot.slack.outbox import Outbox
from bot.slack.people import People
from bot.slack.webapi import WebApi

logger = logging.getLogger(__name__)

OF_A_CHANGE = re.compile(re.escape(buttons.PREFIX))
OF_AN_OFFER = re.compile(re.escape(offers.PREFIX))


class SlackChanges:
    """Told through :attr:`teller`, decided by buttons and forms, asked for by commands."""

    def __init__(
        self,
        executor: Executor,
        outbox: Outbox,
        people: People,
        admission: Admission,
        channels: Mapping[str, str],
        links: Links,
        api: WebApi,
        home: Home,
        take: Take,
        audit_channel: str,
        old_answer: float,
    ) -> None:
        self._executor = executor
        self.teller = SlackTeller(
            *(outbox, people, admission, channels, lambda: executor.changes, home.changed),
            audit_channel,
        )
        if executor.changes is not None:
            executor.changes.tell_through(self.teller)
        places = self.teller.places
        self._requesting = Requesting(executor, places)
        self._at_once = Answering(executor, admission, outbox, places, links)
        taking = Offers(executor, self._requesting, take, old_answer)
        self._clicks = ChangeClicks(executor, outbox, self.teller, api, taking, home.notify)

    def listen(self, bolt: AsyncApp) -> None:
        """To presses on buttons of changes, in messages and in the home tab, and to their forms."""
        bolt.action(OF_A_CHANGE)(self._clicks.on_click)
        bolt.action(OF_AN_OFFER, matchers=[on_a_message])(self._clicks.on_offer)
        bolt.view(modals.CALLBACK)(self._clicks.on_submit)

    def offered(self, offer: RemedyOffer) -> bool:
        """Whether a remedy that a finding offers can be asked for here."""
        return self._executor.changes is not None and offer.remedy in self._executor.registry

    async def answer(self, understood: Start | AtOnce) -> Message | None:
        """A question that is answered at once, or a change that is asked for; never raises."""
        if isinstance(understood, AtOnce):
            return await self._at_once.answer(understood)
        command, asked = understood.command, understood.asked
        try:
            change = await self._requesting.request(
                *(command.runbook.name, command.parameters, understood.cluster, asked),
                reason=command.reason,
                incident=command.incident,
            )
        except OncallError as error:
            return messages.usage_error(error, asked.addressed_as)
        except Exception:  # the border: whatever it was, the person is told at once
            logger.exception("a change could not be requested")
            return messages.fixed(messages.TROUBLE)
        return self._requesting.answer(change, asked)
