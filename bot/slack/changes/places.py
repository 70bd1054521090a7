"""Where a change is told: in the channel where it was asked, or the one bound to its cluster."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.change import Change, ChangeRequest
from bot.model.run import Door
from bot.slack.changes import words
from bot.slack.private_address import PrivateAddress


class Places:
    """``channels`` binds Slack channel ids to cluster names."""

    def __init__(self, channels: Mapping[str, str]) -> None:
        self._channels = dict(channels)

    def channel_for(self, cluster: str, asked_in: str = "") -> str:
        """Where approvers look: ``asked_in`` if it is one of the bot's channels, else the first
        bound to ``cluster``; empty when none is."""
        if asked_in in self._channels:
            return asked_in
        bound = (channel for channel, name in self._channels.items() if name == cluster)
        return next(bound, "")

    def lane(self, change: Change) -> str:
        """The outbox lane of a change's live message: its channel, or the requester's direct
        messages where its cluster has none."""
        request = change.request
        channel = self.channel_for(request.cluster, request.channel)
        return channel or direct(request.requester.id)

    def asked_elsewhere(self, request: ChangeRequest) -> bool:
        """Whether the requester does not look where the change is told."""
        if request.requester.door is not Door.SLACK:
            return False
        asked_in = request.origin.get("channel", "")
        return asked_in != self.channel_for(request.cluster, request.channel)


def direct(user: str) -> str:
    """The outbox lane of the direct messages with one person."""
    return str(PrivateAddress(user=user))


def shown(lane: str) -> str:
    """A lane for people, as mrkdwn."""
    return words.IN_MESSAGES if "/" in lane else words.IN_CHANNEL.format(channel=lane)
