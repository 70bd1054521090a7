"""What a person asked through Slack: who, where, and in which words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import msgspec

from bot.engine.grammar import Command, one_word
from bot.engine.parameters import INCIDENT, REASON, Kind
from bot.engine.registry import Procedure
from bot.model.names import format_duration
from bot.model.run import Door, Requester, RunRecord
from bot.slack.messages import SLASH
from bot.slack.mrkdwn import escape
from bot.slack.private_address import PrivateAddress

_ORIGIN = (
    *("channel", "thread", "text", "response_url", "trigger", "other_team"),
    *("command", "terminal"),
)
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}\Z")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``command`` is what is shown of it; ``terminal`` the same for a shell.

    ``trigger`` is Slack's own id of the request: the same when it is delivered twice. ``thread``
    is the ``ts`` of the first message of the thread that it was asked in, if in one.
    ``other_team`` is the person's workspace where the request itself says that it is not ours.
    """

    channel: str
    user: str
    user_name: str
    text: str
    response_url: str = ""
    thread: str = ""
    trigger: str = ""
    other_team: str = ""
    command: str = SLASH
    terminal: str = "cilium-oncall"

    @classmethod
    def of(cls, payload: Mapping[str, object]) -> Asked:
        """From a slash command's payload (docs.slack.dev, "Implementing slash commands").

        ``user_name`` is shown and never compared; a field that is missing is empty.
        """
        return cls(
            channel=_text(payload, "channel_id"),
            user=_text(payload, "user_id"),
            user_name=_text(payload, "user_name"),
            text=_text(payload, "text"),
            response_url=_text(payload, "response_url"),
            trigger=_text(payload, "trigger_id"),
        )

    @classmethod
    def of_record(cls, record: RunRecord) -> Asked:
        """As it was when the run of ``record`` was asked for, by :attr:`origin`."""
        requester = record.request.requester
        known = {name: record.request.origin.get(name, "") for name in _ORIGIN}
        return cls(user=requester.id, user_name=requester.name, **known)

    @property
    def origin(self) -> dict[str, str]:
        """What a run's record must carry so that any process can answer it."""
        return {name: str(getattr(self, name)) for name in _ORIGIN}

    def understood_as(self, command: Command, cluster: str) -> Asked:
        """The same request in the words of the grammar; the shell's names the cluster."""
        words = words_of(command)
        return msgspec.structs.replace(
            self,
            command=f"{self.addressed_as} {words}",
            terminal=f"cilium-oncall {words} --cluster {cluster}",
        )

    @property
    def addressed_as(self) -> str:
        """How the bot was spoken to: ``/cilium`` or ``@cilium``."""
        return self.command.split(" ", 1)[0]

    @property
    def is_direct(self) -> bool:
        """Whether it was asked where only the bot and one person are."""
        return self.channel.startswith("D")

    @property
    def private(self) -> str:
        """Where only the person who asked is told: a :class:`PrivateAddress` as text."""
        return str(
            PrivateAddress(
                channel=self.channel,
                user=self.user,
                thread=self.thread,
                response_url=self.response_url,
            )
        )

    def once(self, part: str) -> str:
        """The id of a private message that this request leads to once, however often carried."""
        asked = f"{self.trigger} {self.private}"
        return f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}/{part}"

    @property
    def requester(self) -> Requester:
        """Who asked, as the engine knows people."""
        return Requester(door=Door.SLACK, id=self.user, name=self.user_name)

    @property
    def by(self) -> str:
        """Who asked, as mrkdwn: by name, which rings nobody, or by mention."""
        if self.user_name:
            return escape(f"@{self.user_name}", 80)
        return f"<@{self.user}>" if _USER_ID.match(self.user) else escape(self.user, 40)

    @property
    def mention(self) -> str:
        """Who asked, as mrkdwn that rings where it is new; by name when the id is none."""
        return f"<@{self.user}>" if _USER_ID.match(self.user) else self.by


def words_of(command: Command) -> str:
    """``status node-7 --deep``: a command as it would be typed."""
    told = {REASON.name: command.reason, INCIDENT.name: command.incident}
    common = {name: text for name, text in told.items() if text}
    words = words_by_name(command.runbook, {**command.parameters, **common})
    if command.deadline is not None:
        words += ["--deadline", format_duration(command.deadline).replace(" ", "")]
    return " ".join(words)


def words_by_name(runbook: Procedure, parameters: Mapping[str, str]) -> list[str]:
    """The words of a command whose ``parameters`` are canonical text by name."""
    words = [runbook.name]
    for parameter in runbook.typed:
        if parameter.name not in parameters:
            continue
        value = parameters[parameter.name]
        if parameter.kind is Kind.FLAG:
            words += [parameter.option] if value == "true" else []
        elif parameter.positional:
            words.append(one_word(value))
        elif value.startswith("--"):  # a text may; apart it would be taken for an option
            words.append(f"{parameter.option}={one_word(value)}")
        else:
            words += [parameter.option, one_word(value)]
    return words


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""
