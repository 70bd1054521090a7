"""The `users.*` and `usergroups.*` methods.

Source: the methods' pages in Slack's developer documentation. User groups need a paid plan:
without one Slack answers `plan_upgrade_required`.
"""

from typing import Any

from bot.playground.slack import answers
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.conversations import page
from bot.playground.slack.directory import GROUPS, TEAM_ID
from bot.playground.slack.errors import SlackError
from bot.playground.slack.state import State


def info(state: State, arguments: Arguments) -> dict[str, Any]:
    user = state.directory.users.get(arguments.text("user") or "")
    if user is None:
        raise SlackError("user_not_found")
    return {"user": answers.user(state, user)}


def list_users(state: State, arguments: Arguments) -> dict[str, Any]:
    """Everybody of this workspace, those who left too; people of others are not listed."""
    own = [
        answers.user(state, user) for user in state.directory.users.values() if user.team == TEAM_ID
    ]
    listed, cursor = page(own, arguments, most=1_000)
    return {"members": listed, "response_metadata": {"next_cursor": cursor}}


def list_groups(state: State, arguments: Arguments) -> dict[str, Any]:
    _needs_paid_plan(state)
    with_users = arguments.flag("include_users")
    return {"usergroups": [answers.user_group(known, with_users=with_users) for known in GROUPS]}


def group_members(state: State, arguments: Arguments) -> dict[str, Any]:
    _needs_paid_plan(state)
    for known in GROUPS:
        if known.id == arguments.text("usergroup"):
            return {"users": list(known.members)}
    raise SlackError("no_such_subteam")


def _needs_paid_plan(state: State) -> None:
    if not state.is_paid:
        raise SlackError("plan_upgrade_required")
