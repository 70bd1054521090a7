"""The `conversations.*`, `auth.test` and `api.test` methods."""

from typing import Any, TypeVar

from bot.playground.slack import answers, directory
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.records import Channel, Message
from bot.playground.slack.state import State

Item = TypeVar("Item")


def api_test(state: State, arguments: Arguments) -> dict[str, Any]:
    if error := arguments.text("error"):
        raise SlackError(error)
    return {"args": arguments.given}


def auth_test(state: State, arguments: Arguments) -> dict[str, Any]:
    return {
        "url": f"{state.base_url}/",
        "team": directory.TEAM_NAME,
        "team_id": directory.TEAM_ID,
        "user": directory.BOT.name,
        "user_id": directory.BOT.id,
        "bot_id": directory.BOT_ID,
        "is_enterprise_install": False,
    }


def info(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.seen_by_bot(arguments.text("channel"))
    return {"channel": answers.channel(channel)}


def list_channels(state: State, arguments: Arguments) -> dict[str, Any]:
    kinds = (arguments.text("types") or "public_channel").split(",")
    wanted = [
        answers.channel(channel)
        for channel in state.directory.channels.values()
        if kind(channel) in kinds
        and (directory.BOT.id in channel.members or not channel.is_private)
    ]
    listed, cursor = page(wanted, arguments, most=1_000)
    return {"channels": listed, "response_metadata": {"next_cursor": cursor}}


def members(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.seen_by_bot(arguments.text("channel"))
    listed, cursor = page(sorted(channel.members), arguments, most=1_000)
    return {"members": listed, "response_metadata": {"next_cursor": cursor}}


def join(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.seen_by_bot(arguments.text("channel"))
    if channel.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    channel.members.add(directory.BOT.id)
    return {"channel": answers.channel(channel)}


def history(state: State, arguments: Arguments) -> dict[str, Any]:
    """Messages that everyone sees, newest first, without replies."""
    channel = state.directory.joined_by_bot(arguments.text("channel"))
    messages = [
        message
        for message in reversed(state.board.in_channel(channel.id))
        if message.thread_ts is None and message.ephemeral_to is None
    ]
    return _messages(state, arguments, messages)


def replies(state: State, arguments: Arguments) -> dict[str, Any]:
    """A message and its replies, oldest first."""
    channel = state.directory.joined_by_bot(arguments.text("channel"))
    root = state.board.find(channel.id, arguments.text("ts") or "")
    if root is None:
        raise SlackError("thread_not_found")
    return _messages(state, arguments, [root, *state.board.replies(root)])


def open_direct(state: State, arguments: Arguments) -> dict[str, Any]:
    """`conversations.open`: the direct messages with one person; groups are not modelled."""
    users = (arguments.text("users") or "").split(",")
    if len(users) != 1:
        raise SlackError("invalid_arguments", ["groups of people are not modelled here"])
    person = state.directory.users.get(users[0].strip())
    if person is None:
        raise SlackError("user_not_found")
    if person.is_gone:
        raise SlackError("user_disabled")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    if person.team != directory.TEAM_ID and state.directory.is_stranger(person):
        raise SlackError("user_not_visible")
    opened = state.directory.direct_messages(person)
    return {"channel": {"id": opened.id}, "no_op": True, "already_open": True}


def kind(channel: Channel) -> str:
    """Slack's word for what sort of conversation this is, as in `types`."""
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _messages(state: State, arguments: Arguments, messages: list[Message]) -> dict[str, Any]:
    """One page of those between `oldest` and `latest`; metadata only where it is asked for."""
    inclusive = arguments.flag("inclusive")
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    wanted = [
        message
        for message in messages
        if (oldest is None or message.ts > oldest or (inclusive and message.ts == oldest))
        and (latest is None or message.ts < latest or (inclusive and message.ts == latest))
    ]
    listed, cursor = page(wanted, arguments, most=999)
    metadata = arguments.flag("include_all_metadata")
    return {
        "messages": [answers.message(state, message, metadata=metadata) for message in listed],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def page(items: list[Item], arguments: Arguments, *, most: int) -> tuple[list[Item], str]:
    """The items from the cursor on, and the cursor of the next page; empty at the end."""
    limit = arguments.number("limit", 100)
    if not 0 < limit <= most:
        raise SlackError("invalid_limit")
    try:
        start = int(arguments.text("cursor") or 0)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    end = start + limit
    return items[start:end], str(end) if end < len(items) else ""
