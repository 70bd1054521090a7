"""At the door: who asked, and whether the access rules let them. Decides nothing itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.engine.access import decide
from bot.model.access import AccessRules, Action, Decision, Person, Standing
from bot.model.run import RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.people import People

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person may run, for places that show things: nothing is asked and nothing logged."""

    rules: AccessRules
    person: Person

    def decision(self, command: str, cluster: str, channel: str) -> Decision:
        """As for a command that the person would type in ``channel``."""
        return decide(self.rules, self.person, Action.RUN, command, cluster, channel)

    def allows(self, command: str, cluster: str, channel: str) -> bool:
        """Whether they may."""
        return self.decision(command, cluster, channel).allowed


class Admission:
    """Asks :func:`bot.engine.access.decide` with what Slack says of the person."""

    def __init__(self, rules: AccessRules, people: People) -> None:
        self.rules = rules
        self._people = people

    async def admit(self, record: RunRecord) -> None:
        """Returns when the person who asked for a run may have it; else :class:`NotAllowed`."""
        request = record.request
        asked = Asked.of_record(record)
        decision = await self.decide(asked, request.runbook, request.cluster)
        if not decision.allowed:
            raise messages.not_allowed(decision, self.rules.ask)

    async def sight(self, user: str) -> Sight:
        """What a person may see."""
        return Sight(self.rules, await self._people.person(user))

    async def decide(
        self, asked: Asked, command: str, cluster: str, action: Action = Action.RUN
    ) -> Decision:
        """Whether the person who asked may; a refusal is logged with the rule."""
        if asked.other_team:
            person = Person(id=asked.user, standing=Standing.FOREIGN)
        else:
            person = await self._people.person(asked.user, certain=action is not Action.RUN)
        decision = decide(self.rules, person, action, command, cluster, asked.channel)
        if not decision.allowed:
            logger.info(
                "refused %s of %s on %s to %s in %s: %s",
                *(action, command, cluster, asked.user, asked.channel, decision.reason),
            )
        return decision
