"""Who and what is in the workspace: the team, the app, its people and its channels.

Ids look like Slack's and stay the same at every start, so that a configuration can name them;
"PLAY" in each says that they are not real.
"""

from typing import Final

from bot.playground.slack.errors import SlackError
from bot.playground.slack.records import Channel, User

TEAM_ID: Final = "T0PLAYGROUND"
TEAM_NAME: Final = "Playground"
TEAM_DOMAIN: Final = "playground"
APP_ID: Final = "A0PLAYCILIUM"
BOT_ID: Final = "B0PLAYCILIUM"
BOT: Final = User("U0PLAYCILIUM", "cilium", "Cilium on-call", "app", is_bot=True)
SLACKBOT: Final = User("USLACKBOT", "slackbot", "Slackbot", "slack", is_bot=True)

PEOPLE: Final = (
    User("U0PLAYANA01", "ana", "Ana Ruiz", "on-call"),
    User("U0PLAYBEN01", "ben", "Ben Okafor", "approver"),
    User("U0PLAYZOE01", "zoe", "Zoe Lind", "bystander"),
)


class Directory:
    """Looks up people and channels by id or name; refuses as Slack does."""

    def __init__(self) -> None:
        people = {person.id for person in PEOPLE}
        self.users = {user.id: user for user in (*PEOPLE, BOT, SLACKBOT)}
        self.channels = {
            channel.id: channel
            for channel in (
                Channel(
                    "C0PLAYONCALL",
                    "cilium-oncall",
                    "Trouble with the cluster network",
                    {*people, BOT.id},
                ),
                Channel("C0PLAYGENERAL", "general", "Everyone, about everything", people),
            )
        }

    def person(self, name_or_id: str) -> User:
        """A person by name or id; KeyError if there is none."""
        for person in PEOPLE:
            if name_or_id in (person.id, person.name):
                return person
        raise KeyError(f"no person {name_or_id!r} in the workspace")

    def channel(self, name_or_id: str) -> Channel:
        """A channel by name (with or without #) or id; KeyError if there is none."""
        for channel in self.channels.values():
            if name_or_id.removeprefix("#") in (channel.id, channel.name):
                return channel
        raise KeyError(f"no channel {name_or_id!r} in the workspace")

    def seen_by_bot(self, name_or_id: str | None, *, by_name: bool = False) -> Channel:
        """A channel as a method names it: by id, and where Slack allows it by name or person."""
        known = self.channels.get(name_or_id or "")
        if known is None and by_name and name_or_id:
            if name_or_id in {person.id for person in PEOPLE}:
                return self.direct_messages(self.users[name_or_id])
            named = name_or_id.removeprefix("#")
            known = next((c for c in self.channels.values() if c.name == named), None)
        if known is None:
            raise SlackError("channel_not_found")
        return known

    def joined_by_bot(self, name_or_id: str | None, *, by_name: bool = False) -> Channel:
        """As `seen_by_bot`, and the bot must be a member."""
        channel = self.seen_by_bot(name_or_id, by_name=by_name)
        if BOT.id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def direct_messages(self, person: User) -> Channel:
        """The direct messages between the bot and a person, opened on first use."""
        id = "D" + person.id[1:]  # noqa: A001 - the word of Slack's API
        if id not in self.channels:
            self.channels[id] = Channel(
                id, person.name, f"Direct messages with {BOT.real_name}", {person.id, BOT.id}, True
            )
        return self.channels[id]
