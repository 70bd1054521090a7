"""What the workspace consists of: people, channels, messages, files, views, calls it took."""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    """A person, or the bot's own user. `role` says what they are for in the playground.

    `team` is the id of the workspace they belong to; `is_guest` is what Slack calls restricted,
    `is_gone` deactivated.
    """

    id: str
    name: str
    real_name: str
    role: str
    is_bot: bool = False
    team: str = "T0PLAYGROUND"
    is_guest: bool = False
    is_gone: bool = False


class UserGroup(msgspec.Struct, frozen=True):
    """A user group (@handle) and the ids of its members."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]


class Channel(msgspec.Struct):
    """A channel, or with `is_im` the direct messages between the bot and one person.

    `is_shared` says that people of another workspace are in it (Slack Connect).
    """

    id: str
    name: str
    purpose: str
    members: set[str]
    is_im: bool = False
    is_private: bool = False
    is_shared: bool = False


class File(msgspec.Struct):
    """An uploaded file; `content` is None until its bytes arrived."""

    id: str
    name: str
    expected_size: int
    title: str = ""
    alt: str = ""
    content: bytes | None = None


class Message(msgspec.Struct):
    """One message. Exactly one of `user` (a person's id) and `bot` (the bot's id) is set.

    `thread_ts` is set on replies only; `ephemeral_to` is the one person who sees the message;
    `edited` counts updates, and `shows_edited` says whether Slack marks it so: it does where the
    text changed, not where blocks did.
    """

    ts: str
    channel: str
    user: str | None = None
    bot: str | None = None
    text: str = ""
    blocks: list[dict[str, Any]] = []
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    edited: int = 0
    shows_edited: bool = False
    files: list[File] = []
    metadata: dict[str, Any] | None = None
    reactions: list[str] = []


class View(msgspec.Struct, eq=False):
    """A modal, or with kind "home" a person's home tab.

    `content` is what the bot sent, with ids in its blocks; `typed` what the person filled in, by
    block id and action id; `root` and `previous` are the ids of the views below it.
    """

    id: str
    kind: str
    user: str
    content: dict[str, Any]
    hash: str
    root: str = ""
    previous: str | None = None
    typed: dict[str, dict[str, Any]] = {}
    changed: int = 0


class Call(msgspec.Struct, frozen=True):
    """One Web API call: its arguments without the token, when, and what it was answered.

    `at` is seconds since the epoch, `seconds` how long the answer took.
    """

    method: str
    arguments: dict[str, Any]
    at: float
    status: int
    answer: dict[str, Any]
    seconds: float


class Ack(msgspec.Struct, frozen=True):
    """The bot's answer to a command, click, submission or event.

    `status` is None when none came within the deadline; `error` is the word that Slack shows to
    the person then ("operation_timeout", "dispatch_failed", ...), else None.
    """

    status: int | None
    body: str
    seconds: float
    error: str | None = None
    no_retry: bool = False


class SlashCommand(msgspec.Struct, frozen=True):
    """A command as the app's manifest declares it.

    With `should_escape` Slack turns links, @people and #channels in its text into markup.
    """

    command: str
    description: str
    usage_hint: str
    should_escape: bool = False
