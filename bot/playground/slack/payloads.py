"""The parts that all interaction payloads share: who, where from, with which trigger."""

from typing import Any

from bot.playground.slack import directory
from bot.playground.slack.records import Message, User
from bot.playground.slack.state import State


def shared(state: State, user: User, trigger_id: str | None) -> dict[str, Any]:
    """What is in every payload; `view_closed` comes without a trigger."""
    payload: dict[str, Any] = {
        "team": {"id": directory.TEAM_ID, "domain": directory.TEAM_DOMAIN},
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team,
        },
        "api_app_id": directory.APP_ID,
        "token": state.token,
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if trigger_id is not None:
        payload["trigger_id"] = trigger_id
    return payload


def message_container(message: Message) -> dict[str, Any]:
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return container
