"""`/invite @cilium`: Slack's own command, by which a person brings the app into a channel."""

from typing import Final

from bot.playground.slack.directory import BOT
from bot.playground.slack.records import Channel, Message, SlashCommand, User
from bot.playground.slack.state import State

INVITE: Final = SlashCommand("/invite", "Bring the app into this channel", f"@{BOT.name}")


def invite(state: State, text: str, *, user: User, channel: Channel) -> str | None:
    """Let the app join, for everybody to see; what is in the way, in words, or None."""
    if text.strip() != f"@{BOT.name}":
        return f"Only the app can be invited here: {INVITE.command} @{BOT.name}"
    if channel.is_im:
        return "This conversation is the app's already. Invite it in a channel."
    if BOT.id in channel.members:
        return f"@{BOT.name} is in this channel already."
    channel.members.add(BOT.id)
    state.feed.tell("joined", channel)
    state.board.post(
        Message(
            ts=state.board.next_ts(),
            channel=channel.id,
            user=BOT.id,
            text=f"_was added to #{channel.name} by {user.real_name}_",
        )
    )
    return None
