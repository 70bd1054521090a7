"""Who and what is in the workspace: the team, the app, its people and its channels.

Ids look like Slack's and stay the same at every start, so that a configuration can name them;
"PLAY" in each says that they are not real.
"""

from typing import Final

from bot.playground.slack.errors import SlackError
from bot.playground.slack.records import Channel, User, UserGroup

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
    User("U0PLAYLEO01", "leo", "Leo Brandt", "approver"),
    User("U0PLAYZOE01", "zoe", "Zoe Lind", "bystander"),
    User("U0PLAYGUS01", "gus", "Gus Moreau", "guest", is_guest=True),
    User("U0PLAYKIM01", "kim", "Kim Sato", "other company", team="T0PLAYPARTNER"),
)
"""Whom one can act as."""

OTHERS: Final = (
    User("U0PLAYEVA01", "eva", "Eva Novak", "deactivated", is_gone=True),
    User("U0PLAYLOU01", "lou", "Lou Haddad", "stranger", team="T0PLAYPARTNER"),
)
"""Known by id only: an account that is closed, and somebody who shares no channel with the bot."""

GROUPS: Final = (
    UserGroup("S0PLAYONCALL", "network-oncall", "Network on-call", ("U0PLAYANA01",)),
    UserGroup(
        "S0PLAYAPPROVE", "network-approvers", "Network approvers", ("U0PLAYBEN01", "U0PLAYLEO01")
    ),
)


class Directory:
    """Looks up people and channels by id or name; refuses as Slack does."""

    def __init__(self) -> None:
        staff = {person.id for person in PEOPLE if person.team == TEAM_ID}
        regulars = {person.id for person in PEOPLE if person.id in staff and not person.is_guest}
        partners = {person.id for person in PEOPLE if person.id not in staff}
        self.users = {user.id: user for user in (*PEOPLE, *OTHERS, BOT, SLACKBOT)}
        self.channels = {
            channel.id: channel
            for channel in (
                Channel(
                    "C0PLAYONCALL",
                    "cilium-oncall",
                    "Trouble with the cluster network",
                    {*staff, BOT.id},
                ),
                Channel("C0PLAYGENERAL", "general", "Everyone, about everything", regulars),
                Channel(
                    "C0PLAYAPPROVE",
                    "network-approvals",
                    "Changes that wait for a yes",
                    {"U0PLAYANA01", "U0PLAYBEN01", "U0PLAYLEO01", BOT.id},
                    is_private=True,
                ),
                Channel(
                    "C0PLAYPARTNER",
                    "partner-noc",
                    "Shared with another company",
                    {"U0PLAYANA01", *partners, BOT.id},
                    is_shared=True,
                ),
            )
        }

    def is_shared(self, channel_id: str) -> bool:
        """Whether people of another workspace are in a channel."""
        return channel_id in self.channels and self.channels[channel_id].is_shared

    def is_stranger(self, user: User) -> bool:
        """Of another workspace, and in no channel that the bot sees."""
        return user.team != TEAM_ID and not any(
            user.id in channel.members and BOT.id in channel.members
            for channel in self.channels.values()
        )

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
        # What is private and without the bot is not there for it.
        if known is None or (known.is_private and BOT.id not in known.members):
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
