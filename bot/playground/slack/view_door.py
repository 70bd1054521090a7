"""The page's door to modals and the home tab."""

from typing import Any

from aiohttp import web

from bot.playground.slack.guard import PageGuard
from bot.playground.slack.modals import NOT_TAKEN, Modals
from bot.playground.slack.page_request import acting, read_body, typed_values, word
from bot.playground.slack.records import User, View
from bot.playground.slack.state import State
from bot.playground.slack.views import Views


class ViewDoor:
    """Routes for what people do in views. Every handler asks the guard first."""

    def __init__(self, guard: PageGuard, state: State, modals: Modals, views: Views) -> None:
        self._guard = guard
        self._state = state
        self._modals = modals
        self._views = views

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/live/view/click", self.click),
            web.post("/live/view/submit", self.submit),
            web.post("/live/view/close", self.close),
            web.post("/live/home", self.open_home),
        ]

    def shown(self, viewer: User) -> dict[str, Any]:
        """The modal on top with what is wrong in it, how many lie below, and the home tab."""
        stack = self._views.stack(viewer)
        home = self._views.home(viewer)
        return {
            "modal": self._view(stack[-1]) if stack else None,
            "below": max(len(stack) - 1, 0),
            "home": self._view(home) if home else None,
        }

    async def click(self, request: web.Request) -> web.Response:
        body = await read_body(self._guard, request)
        user = acting(self._state, word(body, "as"))
        view = self._find(user, word(body, "view"))
        try:
            ack = await self._modals.click(
                word(body, "action_id"),
                user=user.id,
                selected=body.get("selected") or None,
                view=view,
                block_id=word(body, "block_id"),
                typed=typed_values(body),
            )
        except KeyError:
            raise web.HTTPNotFound(text="This control is no longer there.") from None
        return web.json_response({"error": ack.error, "seconds": ack.seconds})

    async def submit(self, request: web.Request) -> web.Response:
        body = await read_body(self._guard, request)
        user = acting(self._state, word(body, "as"))
        view = self._top(user, word(body, "view"))
        try:
            ack = await self._modals.submit(typed_values(body), user=user.id)
        except (KeyError, ValueError):
            raise web.HTTPBadRequest(text="This value is not one of those offered.") from None
        errors = self._modals.errors(view)
        shown = NOT_TAKEN if ack.error not in (None, "incomplete") else None
        return web.json_response({"error": shown, "errors": errors, "cause": ack.error})

    async def close(self, request: web.Request) -> web.Response:
        body = await read_body(self._guard, request)
        user = acting(self._state, word(body, "as"))
        self._top(user, word(body, "view"))
        await self._modals.close(user=user.id, everything=body.get("everything") is True)
        return web.json_response({"error": None})

    async def open_home(self, request: web.Request) -> web.Response:
        """A person opens the app's home or messages tab."""
        body = await read_body(self._guard, request)
        user = acting(self._state, word(body, "as"))
        tab = "messages" if word(body, "tab") == "messages" else "home"
        self._modals.open_home(user.id, tab)
        return web.json_response({"error": None})

    def _view(self, view: View) -> dict[str, Any]:
        return {
            "id": view.id,
            "changed": view.changed,
            "title": view.content.get("title"),
            "submit": view.content.get("submit"),
            "close": view.content.get("close"),
            "blocks": view.content["blocks"],
            "typed": view.typed,
            "errors": self._modals.errors(view),
        }

    def _top(self, user: User, view_id: str) -> View:
        """The modal a person acts on; 404 where it is no longer the one on top."""
        view = self._modals.top(user.id)
        if view is None or view.id != view_id:
            raise web.HTTPNotFound(text="This dialog is no longer open.")
        return view

    def _find(self, user: User, view_id: str) -> View:
        home = self._views.home(user)
        if home is not None and home.id == view_id:
            return home
        return self._top(user, view_id)
