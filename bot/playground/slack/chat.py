"""The `chat.*` and `reactions.*` methods: post, change, delete, post privately, link, react."""

from typing import Any

from bot.playground.slack import answers
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.content import Content, read_content
from bot.playground.slack.directory import BOT_ID, PEOPLE
from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import SIZES
from bot.playground.slack.records import Channel, Message
from bot.playground.slack.state import State


def post_message(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.joined_by_bot(arguments.text("channel"), by_name=True)
    content = read_content(state, arguments)
    posted = state.board.post(
        _by_bot(state, channel, content, thread_ts=_thread(state, channel, arguments))
    )
    return {
        "channel": channel.id,
        "ts": posted.ts,
        "message": answers.message(state, posted),
    }


def post_ephemeral(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.joined_by_bot(arguments.text("channel"), by_name=True)
    user = arguments.text("user")
    if user not in channel.members or user not in {person.id for person in PEOPLE}:
        raise SlackError("user_not_in_channel")
    posted = _by_bot(
        state,
        channel,
        read_content(state, arguments),
        thread_ts=_thread(state, channel, arguments),
    )
    posted.ephemeral_to = user
    state.board.post(posted)
    return {"message_ts": posted.ts}


def update(state: State, arguments: Arguments) -> dict[str, Any]:
    """Text without blocks removes the blocks; blocks without text keep the text."""
    changed = _own_message(state, arguments, refusal="cant_update_message")
    content = read_content(state, arguments, most_text=SIZES["update.text"])
    text = changed.text if content.text is None else content.text
    metadata = changed.metadata if content.metadata is None else content.metadata or None
    state.board.change(changed, text=text, blocks=content.blocks or [], metadata=metadata)
    return {
        "channel": changed.channel,
        "ts": changed.ts,
        "text": changed.text,
        "message": answers.message(state, changed),
    }


def delete(state: State, arguments: Arguments) -> dict[str, Any]:
    removed = _own_message(state, arguments, refusal="cant_delete_message")
    state.board.remove(removed)
    return {"channel": removed.channel, "ts": removed.ts}


def get_permalink(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.seen_by_bot(arguments.text("channel"))
    ts = arguments.text("message_ts") or ""
    if state.board.find(channel.id, ts) is None:
        raise SlackError("message_not_found")
    link = f"{state.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(state: State, arguments: Arguments) -> dict[str, Any]:
    channel = state.directory.joined_by_bot(arguments.text("channel"))
    message = state.board.find(channel.id, arguments.text("timestamp") or "")
    name = (arguments.text("name") or "").strip(":")
    if message is None:
        raise SlackError("message_not_found")
    if not name:
        raise SlackError("invalid_name")
    if name in message.reactions:
        raise SlackError("already_reacted")
    state.board.react(message, name)
    return {}


def _by_bot(state: State, channel: Channel, content: Content, *, thread_ts: str | None) -> Message:
    return Message(
        ts=state.board.next_ts(),
        channel=channel.id,
        bot=BOT_ID,
        text=content.text or "",
        blocks=content.blocks or [],
        thread_ts=thread_ts,
        metadata=content.metadata or None,
    )


def _thread(state: State, channel: Channel, arguments: Arguments) -> str | None:
    """The message a reply belongs under; replies to replies and to nothing are refused."""
    ts = arguments.text("thread_ts")
    if ts is None:
        return None
    root = state.board.find(channel.id, ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.thread_ts or root.ephemeral_to:
        raise SlackError("cannot_reply_to_message")
    return ts


def _own_message(state: State, arguments: Arguments, *, refusal: str) -> Message:
    """A message of the bot that it may change: not a person's, and not a private one."""
    channel = state.directory.seen_by_bot(arguments.text("channel"))
    message = state.board.find(channel.id, arguments.text("ts") or "")
    if message is None or message.ephemeral_to:
        raise SlackError("message_not_found")
    if message.bot != BOT_ID:
        raise SlackError(refusal)
    return message
