"""What is mounted under ``/api/v1/``: changes asked for and decided from a terminal.

The engine does the deciding: what comes in here goes to the same ``Changes`` as a click in Slack,
by the same person, under the same rules.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiohttp import web

from bot.engine import access
from bot.engine.grammar import words_of_arguments
from bot.model.access import AccessRules, Action, Decision, Person
from bot.model.change import Change, ChangeRequest, ChangeState, Word, is_ask_id, is_change_id
from bot.model.change_document import Approval, change_document
from bot.model.errors import NotAllowed, OncallError, UsageError
from bot.model.nearest import did_you_mean, quoted
from bot.model.run import Requester
from bot.terminal.api.answers import Nothing, answer, read_body, refusal
from bot.terminal.api.callers import Caller, Callers
from bot.terminal.api.wire import ABOUT_A_STEP, ON_A_CHANGE, ON_AN_ASK, PREFIX, NewChange, Said

logger = logging.getLogger(__name__)

WHERE = "terminal"
MOST_LISTED = 50
LONGEST_KEY = 100

Handler = Callable[[web.Request, Caller], Awaitable[web.Response]]
Understand = Callable[[Sequence[str], Requester], ChangeRequest]
"""From the words of a command and who asks to what is asked for."""


class Changes(Protocol):
    """What is asked of the engine: see :class:`bot.engine.changes.service.Changes`."""

    async def request(self, request: ChangeRequest, *, once: str = "") -> Change:
        """Ask for a change; durable when it returns."""

    async def say(
        self,
        target: str,
        word: Word,
        by: Requester,
        person: Person,
        *,
        reason: str = "",
        typed: str = "",
        step: str = "",
        where: str = "",
    ) -> Change:
        """Say a word to an ask or a change."""

    async def get(self, change_id: str) -> Change | None:
        """One change."""

    async def by_ask(self, ask: str) -> Change | None:
        """The change that ``ask`` asks approval for."""

    async def open_changes(self) -> list[Change]:
        """Those that have not ended."""

    async def recent(self, most: int = 20) -> list[Change]:
        """The latest, newest first."""

    def may_decide(self, change: Change, person: Person) -> Decision:
        """Whether ``person`` may approve or reject."""


class ChangesApi:
    """The API of one bot. ``understand`` reads the words of a command, ``rules`` say who may see
    what; without ``changes``, ``why_none`` is told instead."""

    def __init__(
        self,
        changes: Changes | None,
        callers: Callers,
        understand: Understand,
        rules: AccessRules,
        *,
        why_none: str = "",
    ) -> None:
        self._changes = changes
        self._callers = callers
        self._understand = understand
        self._rules = rules
        self._why_none = why_none

    def routes(self) -> list[web.RouteDef]:
        """What to mount."""
        return [
            web.post(f"{PREFIX}/changes", self._for(self._ask, certain=True)),
            web.get(f"{PREFIX}/changes", self._for(self._recent)),
            web.get(f"{PREFIX}/changes/{{id}}", self._for(self._show)),
            web.post(f"{PREFIX}/changes/{{id}}/{{word}}", self._for(self._say, certain=True)),
            web.get(f"{PREFIX}/approvals", self._for(self._waiting)),
            web.post(f"{PREFIX}/approvals/{{ask}}/{{word}}", self._for(self._decide, certain=True)),
        ]

    def _for(
        self, handler: Handler, *, certain: bool = False
    ) -> Callable[..., Awaitable[web.Response]]:
        """``handler``, reached by known callers only; whatever goes wrong is told as JSON."""

        async def answered(request: web.Request) -> web.Response:
            try:
                headers = request.headers.getall("Authorization", [])
                caller = await self._callers.caller(headers, certain=certain)
                return await handler(request, caller)
            except OncallError as error:
                logger.info("refused %s %s: %s", request.method, request.path, error.message)
                return refusal(error)
            except Exception:  # the border to the network: a sentence, and the trace in the log
                logger.exception("%s %s failed", request.method, request.path)
                said = "This is a fault of the bot; nothing more is known."
                return refusal(OncallError(said, hint="Its log says more."))

        return answered

    @property
    def _engine(self) -> Changes:
        if self._changes is None:
            raise NotAllowed(self._why_none or "This bot makes no changes.")
        return self._changes

    async def _ask(self, request: web.Request, caller: Caller) -> web.Response:
        engine = self._engine
        wanted = await read_body(request, NewChange)
        if len(wanted.once) > LONGEST_KEY:
            raise UsageError(f"The key is longer than {LONGEST_KEY} characters.")
        # One grammar: what stands beside the command is read as if it had been typed with it.
        beside = {"cluster": wanted.cluster, "reason": wanted.reason, "incident": wanted.incident}
        options = [f"--{name}={value}" for name, value in beside.items() if value]
        words = words_of_arguments([*wanted.command, *options])
        asked = self._understand(words, caller.requester)
        # The key is the caller's own: nobody gets at another's change by naming theirs.
        once = f"{WHERE} {caller.person.id} {wanted.once}" if wanted.once else ""
        return answer(change_document(await engine.request(asked, once=once)), 201)

    async def _recent(self, request: web.Request, caller: Caller) -> web.Response:
        most = request.query.get("most", "20")
        if not most.isdecimal() or not 1 <= int(most) <= MOST_LISTED:
            raise UsageError(f"most is a number from 1 to {MOST_LISTED}.")
        found = await self._engine.recent(int(most))
        seen = [change for change in found if self._may_see(caller.person, change)]
        return answer([change_document(change) for change in seen])

    async def _show(self, request: web.Request, caller: Caller) -> web.Response:
        return answer(change_document(await self._change(request.match_info["id"], caller)))

    async def _say(self, request: web.Request, caller: Caller) -> web.Response:
        word = _word(request.match_info["word"], ON_A_CHANGE)
        said = await read_body(request, Said)
        change = await self._change(request.match_info["id"], caller)
        if word in ABOUT_A_STEP:
            _still_about(change, word, said.step)
        return await self._said(change.id, word, said, caller)

    async def _waiting(self, request: web.Request, caller: Caller) -> web.Response:
        engine, person = self._engine, caller.person
        found: list[Approval] = []
        for change in await engine.open_changes():
            if change.state is ChangeState.WAITING and self._may_see(person, change):
                decision = engine.may_decide(change, person)
                document = change_document(change)
                found.append(
                    Approval(change=document, may_decide=decision.allowed, why=decision.reason)
                )
        return answer(found)

    async def _decide(self, request: web.Request, caller: Caller) -> web.Response:
        word = _word(request.match_info["word"], ON_AN_ASK)
        said = await read_body(request, Said)
        ask = request.match_info["ask"]
        change = await self._engine.by_ask(ask) if is_ask_id(ask) else None
        # Whoever has the id was shown it: what they may not do is said, and written down, by the
        # engine.
        if change is None:
            raise Nothing(
                "Nothing waits for approval by this id.",
                hint="`cilium-oncall approvals list` shows what does.",
            )
        return await self._said(ask, word, said, caller)

    async def _said(self, target: str, word: Word, said: Said, caller: Caller) -> web.Response:
        words_of_arguments([said.reason, said.cluster])
        change = await self._engine.say(
            target,
            word,
            caller.requester,
            caller.person,
            reason=said.reason,
            typed=said.cluster,
            step=said.step,
            where=WHERE,
        )
        return answer(change_document(change))

    async def _change(self, change_id: str, caller: Caller) -> Change:
        change = await self._engine.get(change_id) if is_change_id(change_id) else None
        if change is None or not self._may_see(caller.person, change):
            raise Nothing(
                "There is no such change, or it is not for you to see.",
                hint="`cilium-oncall changes list` shows the latest.",
            )
        return change

    def _may_see(self, person: Person, change: Change) -> bool:
        """Whoever asked for it, who may decide on it, and who may run such a thing where it was
        asked for."""
        request = change.request
        if person.id == request.requester.id or self._engine.may_decide(change, person).allowed:
            return True
        asked = (request.remedy, request.cluster, request.channel)
        return access.decide(self._rules, person, Action.RUN, *asked).allowed


def _still_about(change: Change, word: Word, step: str) -> None:
    """A change that has gone on must not take a word about the step before for one about this."""
    about = change_document(change).about
    if step and step != about:
        now = f"it is about {quoted(about)} by now" if about else f"it is {change.state} by now"
        raise UsageError(f"{word} was about {quoted(step)}, and {now}.", hint="Look again.")
    if not step and about:
        raise UsageError(f"Which step? {word} is about one.", hint=f"It waits at {quoted(about)}.")


def _word(text: str, known: frozenset[Word]) -> Word:
    words = sorted(known)
    if text not in words:
        hint = did_you_mean(text, words) or f"Known: {', '.join(words)}."
        raise UsageError(f"There is no word {quoted(text)} for this.", hint=hint)
    return Word(text)
