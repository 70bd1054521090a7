"""Bolt as this door uses it: no call at start, and an answer for what nothing listens to."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.slack import messages

logger = logging.getLogger(__name__)


def bolt_app(bot_token: str) -> AsyncApp:
    """Bolt without what the guard and the outbox do better, and without a call at start."""

    async def authorize() -> AuthorizeResult:
        # The request is Slack's own and there is one workspace: no auth.test, which would put
        # Slack's latency before the first acknowledgement.
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=bot_token)

    quiet = logging.getLogger("bot.slack.bolt")
    quiet.setLevel(logging.INFO)
    app = AsyncApp(
        name="cilium-oncall",
        logger=quiet,
        authorize=authorize,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,  # bot.slack.mentions leaves out every bot
        process_before_response=False,
        raise_error_for_unhandled_request=True,
    )
    app.error(_on_error)
    return app


async def on_a_message(body: dict[str, Any]) -> bool:
    """Whether a click was on a message, not in a modal or a home tab."""
    container = body.get("container")
    return isinstance(container, dict) and container.get("type") == "message"


async def taken_already() -> None:
    """The listener of an event that a middleware took for good."""


async def _on_error(
    error: Exception, body: dict[str, Any], response: BoltResponse | None
) -> BoltResponse | None:
    """The border: what nothing listens to, and a listener that failed before its ack."""
    if isinstance(error, BoltUnhandledRequestError):
        kind = body.get("command") or body.get("type")
        logger.warning("Slack sent what nothing here listens to: %.80r", kind)
        # Slack sends an event again for minutes unless it is taken; this one never will be of use.
        status = 200 if kind == "event_callback" else 404
        return BoltResponse(status=status, body=messages.UNHEARD if "command" in body else "")
    logger.error("a listener failed", exc_info=error)
    if body.get("type") == "event_callback":
        return BoltResponse(status=500)  # Slack sends it again
    return None if response is None else BoltResponse(status=200, body=messages.TROUBLE)
