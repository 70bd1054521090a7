"""What people do in modals and home tabs: click, submit, close, open the home tab."""

import json
from typing import Any, Final

from bot.playground.slack import clicks, payloads, values, views
from bot.playground.slack.blocks import find_control
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.directory import Directory
from bot.playground.slack.errors import SlackError
from bot.playground.slack.events import Events
from bot.playground.slack.records import Ack, User, View
from bot.playground.slack.state import State
from bot.playground.slack.values import Typed
from bot.playground.slack.views import Views

NOT_TAKEN: Final = "We had some trouble connecting. Try again?"
"""What Slack shows in a modal whose submission the app did not take."""


class Modals:
    """A person's hand on the views of the app. `views` holds them; people are named or by id."""

    def __init__(self, state: State, delivery: Delivery, events: Events, shown: Views) -> None:
        self._state = state
        self._delivery = delivery
        self._events = events
        self._views = shown
        self._errors: dict[str, dict[str, str]] = {}

    def top(self, user: str = "ana") -> View | None:
        """The modal that a person sees, if any."""
        stack = self._views.stack(self._person(user))
        return stack[-1] if stack else None

    def home(self, user: str = "ana") -> View | None:
        """What the bot published to a person's home tab."""
        return self._views.home(self._person(user))

    def open_home(self, user: str = "ana", tab: str = "home") -> None:
        """A person opens the app; the bot hears `app_home_opened`."""
        person = self._person(user)
        home = self._views.home(person)
        self._events.home_opened(person, tab, views.answer(home) if home else None)

    def errors(self, view: View) -> dict[str, str]:
        """What is wrong with the last submission of a view, in words, by block id."""
        return self._errors.get(view.id, {})

    async def click(
        self,
        action_id: str,
        *,
        user: str = "ana",
        selected: Any = None,
        view: View | None = None,
        block_id: str | None = None,
        typed: Typed | None = None,
    ) -> Ack:
        """Use a control of the modal on top, or of `view`; KeyError where there is none."""
        person = self._person(user)
        shown = view or self._must_have(person)
        _remember(shown, typed)
        for block in shown.content["blocks"]:
            if block_id not in (None, block["block_id"]):
                continue
            control = find_control([block], block["block_id"], action_id)
            if control is not None:
                return await self._clicked(person, shown, block["block_id"], control, selected)
        raise KeyError(f"the view has no control {action_id!r}")

    async def submit(self, typed: Typed | None = None, *, user: str = "ana") -> Ack:
        """Press the modal's submit button with these plain values; what is wrong is in `errors`.

        Values that Slack's own client refuses do not reach the bot: the answer is then the error
        "incomplete".
        """
        person = self._person(user)
        view = self._must_have(person)
        _remember(view, typed)
        shown = views.answer(view)
        self._errors[view.id] = values.complaints(shown["blocks"], shown["state"])
        if self._errors[view.id]:
            return Ack(None, "", 0.0, "incomplete")
        payload = {
            "type": "view_submission",
            **payloads.shared(self._state, person, self._views.triggers.issue(person, view)),
            "view": shown,
            "response_urls": [],
        }
        ack = await self._delivery.send("interactive", payload)
        if ack.error is not None:
            return ack
        try:
            self._answered(person, view, ack.body)
        except (SlackError, ValueError, RecursionError) as refused:
            error = refused.error if isinstance(refused, SlackError) else "invalid_response"
            return Ack(ack.status, ack.body, ack.seconds, error)
        return ack

    async def close(self, *, user: str = "ana", everything: bool = False) -> list[Ack]:
        """Cancel the modal on top, or with `everything` leave by the cross, all of them at once.

        The bot hears of each view that asked for it.
        """
        person = self._person(user)
        top = self._must_have(person)
        everything = everything or top.content.get("clear_on_close") is True
        gone = self._views.pop(person, everything=everything)
        return [
            await self._delivery.send(
                "interactive",
                {
                    "type": "view_closed",
                    **payloads.shared(self._state, person, None),
                    "view": views.answer(view),
                    "is_cleared": everything,
                },
            )
            for view in gone
            if view.content.get("notify_on_close")
        ]

    async def _clicked(
        self, person: User, view: View, block_id: str, control: dict[str, Any], selected: Any
    ) -> Ack:
        action = clicks.action(control, block_id, selected)
        if selected is not None:
            _remember(view, {block_id: {control["action_id"]: selected}})
        below = view if view.kind == "modal" else None
        payload = {
            "type": "block_actions",
            **payloads.shared(self._state, person, self._views.triggers.issue(person, below)),
            "container": {"type": "view", "view_id": view.id},
            "view": views.answer(view),
            "actions": [action],
        }
        return await self._delivery.send("interactive", payload)

    def _answered(self, person: User, view: View, body: str) -> None:
        """Carry out `response_action`; without one the view closes."""
        answer = json.loads(body) if body.strip() else {}
        kind = answer.get("response_action") if isinstance(answer, dict) else None
        stack = self._views.stack(person)
        match kind:
            case "errors":
                self._errors[view.id] = _errors(view, answer.get("errors"))
                self._views.change(view, view.content)
            case "update":
                self._views.change(view, views.checked(answer.get("view"), "modal"))
            case "push":
                self._views.push_on(person, views.checked(answer.get("view"), "modal"))
            case "clear":
                self._views.pop(person, everything=True)
            case _ if stack and stack[-1] is view:
                self._views.pop(person)

    def _must_have(self, person: User) -> View:
        stack = self._views.stack(person)
        if not stack:
            raise KeyError(f"{person.name} has no modal open")
        return stack[-1]

    def _person(self, name_or_id: str) -> User:
        directory: Directory = self._state.directory
        return directory.person(name_or_id)


def _remember(view: View, typed: Typed | None) -> None:
    for block_id, fields in (typed or {}).items():
        view.typed = {**view.typed, block_id: {**view.typed.get(block_id, {}), **fields}}


def _errors(view: View, given: Any) -> dict[str, str]:
    """Slack takes errors for blocks of the view only."""
    if not isinstance(given, dict) or not given:
        raise SlackError("invalid_response")
    inputs = {b["block_id"] for b in view.content["blocks"] if b["type"] == "input"}
    if not set(given) <= inputs:
        raise SlackError("invalid_response")
    return {block_id: str(words) for block_id, words in given.items()}
