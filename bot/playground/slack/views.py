"""Modals and home tabs: `views.open`, `.push`, `.update`, `.publish`, and each person's stack.

Source: "Modals", "App Home" and the `views.*` methods in Slack's developer documentation.
"""

import json
import secrets
import time
from typing import Any, Final

from bot.playground.slack import directory, elements, values
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.blocks import Surface, problems, with_ids
from bot.playground.slack.errors import SlackError
from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES
from bot.playground.slack.records import User, View
from bot.playground.slack.state import State
from bot.playground.slack.triggers import Triggers

_MODAL_KEYS: Final = ("title", "submit", "close", "clear_on_close", "notify_on_close")
_SHARED_KEYS: Final = ("blocks", "private_metadata", "callback_id", "external_id")


class Views:
    """The modals that are open, by person, bottom first, and each person's home tab."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.triggers = Triggers()
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """A first modal. What was open before is gone."""
        content = read(arguments, "modal")
        user, _ = self._exchange(arguments)
        self._refuse_known_external_id(content)
        view = self._new(user, content)
        self._stacks[user.id] = [view]
        return self._shown(view)

    def push(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """A modal on top of the one whose trigger is exchanged; three in all."""
        content = read(arguments, "modal")
        user, below = self._exchange(arguments)
        if below is None or below not in self.stack(user):
            raise SlackError("not_found")
        self._refuse_known_external_id(content)
        return self._shown(self.push_on(user, content))

    def push_on(self, user: User, content: dict[str, Any]) -> View:
        """Put a modal on a person's stack; SlackError when three are there."""
        stack = self.stack(user)
        if len(stack) >= SIZES["view.stack"]:
            raise SlackError("push_limit_reached")
        view = self._new(user, content)
        view.root, view.previous = stack[0].id, stack[-1].id
        stack.append(view)
        self._told(view)
        return view

    def update(self, state: State, arguments: Arguments) -> dict[str, Any]:
        view = self._named(arguments)
        content = read(arguments, "modal" if view.kind == "modal" else "home")
        _check_hash(view, arguments)
        self._refuse_known_external_id(content, but=view)
        self.change(view, content)
        return self._shown(view)

    def publish(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """What a person sees in the app's home tab."""
        user = state.directory.users.get(arguments.text("user_id") or "")
        if user is None or user.is_bot:
            raise SlackError("invalid_arguments", ["must provide a user_id of this workspace"])
        content = read(arguments, "home")
        known = self._homes.get(user.id)
        if known is None:
            known = self._homes[user.id] = self._new(user, content, kind="home")
        else:
            _check_hash(known, arguments)
            self.change(known, content)
        return self._shown(known)

    def change(self, view: View, content: dict[str, Any]) -> None:
        """Show something else in a view; it keeps its id and gets a new hash."""
        view.content = content
        view.hash = _hash()
        view.changed += 1
        self._told(view)

    def stack(self, user: User) -> list[View]:
        """A person's open modals, bottom first."""
        return self._stacks.setdefault(user.id, [])

    def home(self, user: User) -> View | None:
        """What the bot published for a person."""
        return self._homes.get(user.id)

    def pop(self, user: User, *, everything: bool = False) -> list[View]:
        """Take away the modal on top, or all of them; those taken, top first."""
        stack = self.stack(user)
        count = len(stack) if everything else 1
        gone = [stack.pop() for _ in range(min(count, len(stack)))]
        for view in gone[:1]:
            self._told(view)
        return gone

    def _exchange(self, arguments: Arguments) -> tuple[User, View | None]:
        trigger = arguments.text("trigger_id")
        if not trigger:
            raise SlackError("invalid_arguments", ["missing required field: trigger_id"])
        return self.triggers.exchange(trigger)

    def _named(self, arguments: Arguments) -> View:
        """The view of a `view_id` or `external_id`."""
        wanted, external = arguments.text("view_id"), arguments.text("external_id")
        for view in self._all():
            if view.id == wanted or (external and view.content.get("external_id") == external):
                return view
        raise SlackError("not_found")

    def _all(self) -> list[View]:
        return [*self._homes.values(), *(view for stack in self._stacks.values() for view in stack)]

    def _refuse_known_external_id(self, content: dict[str, Any], but: View | None = None) -> None:
        external = content.get("external_id")
        if external and any(
            view is not but and view.content.get("external_id") == external for view in self._all()
        ):
            raise SlackError("duplicate_external_id")

    def _new(self, user: User, content: dict[str, Any], kind: str = "modal") -> View:
        id = f"V0PLAY{secrets.token_hex(5).upper()}"  # noqa: A001 - Slack's word
        view = View(id=id, kind=kind, user=user.id, content=content, hash=_hash(), root=id)
        self._told(view)
        return view

    def _shown(self, view: View) -> dict[str, Any]:
        self._told(view)
        return {"view": answer(view)}

    def _told(self, view: View) -> None:
        self._state.feed.tell("views", view.user)


def read(arguments: Arguments, surface: Surface) -> dict[str, Any]:
    """The `view` argument, checked; SlackError where Slack refuses it."""
    if not arguments.has("view"):
        raise SlackError("invalid_arguments", ["missing required field: view"])
    value = arguments.structure("view", error="invalid_arguments")
    if isinstance(value, dict) and len(json.dumps(value)) > SIZES["view.bytes"]:
        raise SlackError("view_too_large")
    return checked(value, surface)


def checked(value: Json, surface: Surface) -> dict[str, Any]:
    """A view object with ids in its blocks; SlackError("invalid_arguments") with its faults."""
    seen = Inspection()
    allowed = (*_SHARED_KEYS, *(_MODAL_KEYS if surface == "modal" else ()))
    required = ("type", "blocks", *(("title",) if surface == "modal" else ()))
    view = seen.object(value, "/view", allowed=allowed, required=required)
    if view is not None:
        seen.choice(view.get("type"), "/view/type", (surface,))
        _texts(seen, view)
        _sizes(seen, view)
        if isinstance(view.get("blocks"), list):
            seen.problems += problems(view["blocks"], "/view/blocks", surface=surface)
            _needs_submit(seen, view, surface)
        elif "blocks" in view:
            seen.refuse("/view/blocks", "must provide an array")
    if view is None or seen.problems:
        raise SlackError("invalid_arguments", [str(problem) for problem in seen.problems])
    return {**view, "blocks": with_ids(view["blocks"])}


def _texts(seen: Inspection, view: dict[str, Json]) -> None:
    for key, size in (("title", "title"), ("submit", "button"), ("close", "button")):
        if view.get(key) is not None:
            most = SIZES[f"view.{size}"]
            elements.text_object(seen, view[key], f"/view/{key}", most=most, plain_only=True)


def _sizes(seen: Inspection, view: dict[str, Json]) -> None:
    for key in ("private_metadata", "callback_id", "external_id"):
        if view.get(key) is not None:
            seen.string(view[key], f"/view/{key}", most=SIZES[f"view.{key}"], least=0)
    for key in ("clear_on_close", "notify_on_close"):
        if view.get(key) is not None:
            seen.boolean(view[key], f"/view/{key}")


def _needs_submit(seen: Inspection, view: dict[str, Json], surface: Surface) -> None:
    """A modal with inputs must say what its submit button reads."""
    has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in view["blocks"])
    if surface == "modal" and has_input and view.get("submit") is None:
        seen.refuse("/view", "missing required field: submit (a view with inputs needs it)")


def answer(view: View) -> dict[str, Any]:
    """A view as in the answers of `views.*` and in interaction payloads."""
    content = view.content
    return {
        "id": view.id,
        "team_id": directory.TEAM_ID,
        "type": view.kind,
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "external_id": content.get("external_id", ""),
        "state": values.state(content["blocks"], view.typed),
        "hash": view.hash,
        "title": content.get("title"),
        "submit": content.get("submit"),
        "close": content.get("close"),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": directory.APP_ID,
        "app_installed_team_id": directory.TEAM_ID,
        "bot_id": directory.BOT_ID,
    }


def _check_hash(view: View, arguments: Arguments) -> None:
    wanted = arguments.text("hash")
    if wanted is not None and wanted != view.hash:
        raise SlackError("hash_conflict")


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
