"""Slack: is the token good, has the app its scopes, is the bot in its channels."""

from __future__ import annotations

import asyncio
import re

from bot.doctor.sheet import Sheet
from bot.model.errors import ClientError
from bot.model.report import Severity
from bot.slack import surface
from bot.slack.messages import cannot_ask
from bot.slack.reading import Reading
from bot.slack.webapi import Declined

_SHAPE = re.compile(r"[0-9a-f]{32}\Z")
_REINSTALL = "Paste config/slack-manifest.yaml into the app's manifest, then reinstall the app."


class Workspace:
    """``channels`` and ``groups`` are those that settings and access rules name; there is no
    ``signing_secret`` where Slack has only Socket Mode."""

    name = "slack"

    def __init__(
        self,
        reading: Reading,
        signing_secret: str | None,
        channels: frozenset[str],
        groups: frozenset[str],
    ) -> None:
        self._reading = reading
        self._signing_secret = signing_secret
        self._channels = channels
        self._groups = groups

    async def examine(self, within: float) -> Sheet:
        """Token first; what needs it only when it is good."""
        sheet = Sheet(self.name)
        self._shape(sheet)
        if await self._token(sheet):
            await asyncio.gather(
                self._members(sheet), *(self._group(sheet, group) for group in sorted(self._groups))
            )
        return sheet

    def _shape(self, sheet: Sheet) -> None:
        if self._signing_secret is None:
            return
        if _SHAPE.match(self._signing_secret):
            sheet.well("shape of the signing secret")
            return
        sheet.wrong(
            "shape of the signing secret",
            "slack-signing-secret-shape",
            "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are (value not shown).",
            "Copy it again: Basic Information, App Credentials, Signing Secret.",
        )

    async def _token(self, sheet: Sheet) -> bool:
        try:
            own = await self._reading.identity()
        except Declined as error:
            sheet.wrong(
                "token",
                "slack-token-refused",
                f"Slack refuses the bot's token ({error.reason}).",
                "Set SLACK_BOT_TOKEN to the app's current bot token and restart the bot.",
                severity=Severity.CRITICAL,
            )
            return False
        except ClientError as error:
            sheet.wrong(
                "token",
                "slack-unreachable",
                f"Slack's Web API cannot be asked: {error.message}",
                "Check the pod's way out: DNS, proxy, network policy.",
                severity=Severity.CRITICAL,
            )
            return False
        sheet.well("token", f"{own.user or 'bot'} in {own.team or own.team_id}")
        sheet.facts.append(("Slack", own.team or own.team_id))
        self._scopes(sheet, own.scopes)
        return True

    def _scopes(self, sheet: Sheet, held: frozenset[str] | None) -> None:
        if held is None:
            sheet.unseen("scopes", "Slack's answer does not name the token's scopes.")
            return
        needed = surface.SCOPES - surface.ONLY_FOR_DOCTOR
        if not self._groups:
            needed -= surface.ONLY_FOR_GROUPS
        if missing := sorted(needed - held):
            sheet.wrong(
                "scopes", "slack-scope-missing", f"The app lacks {', '.join(missing)}.", _REINSTALL
            )
        else:
            sheet.well("scopes")
        optional = frozenset[str]().union(*surface.OPTIONAL.values())
        if optional - held:
            sheet.well("optional scopes", "not granted; what that costs: docs/continuity.md")
        else:
            sheet.well("optional scopes", "granted: a message half posted is found again")

    async def _members(self, sheet: Sheet) -> None:
        """One after another: tier 3, and a few channels."""
        for channel in sorted(self._channels):
            check = f"channel {channel}"
            try:
                seen = await self._reading.channel(channel)
            except Declined as error:
                if error.reason == "missing_scope":
                    sheet.unseen("channels", "The app may not look at channels.", _REINSTALL)
                    return
                sheet.wrong(
                    check,
                    "slack-channel-unknown",
                    f"Slack knows no channel {channel} that the bot may see ({error.reason}).",
                    "Correct its id in bot.yaml; in a private channel: /invite @cilium",
                )
            except ClientError as error:
                sheet.unseen(check, error.message)
            else:
                self._member(sheet, check, channel, seen.is_member, seen.is_archived)

    def _member(
        self, sheet: Sheet, check: str, channel: str, is_member: bool, is_archived: bool
    ) -> None:
        if is_archived:
            cause = f"The channel {channel} is archived."
            sheet.wrong(check, "slack-channel-archived", cause, "Take it out of bot.yaml.")
        elif not is_member:
            cause = f"The bot is not in the channel {channel}: answers come privately."
            sheet.wrong(check, "slack-not-in-channel", cause, "In that channel: /invite @cilium")
        else:
            sheet.well(check)

    async def _group(self, sheet: Sheet, group: str) -> None:
        check = f"user group {group}"
        try:
            members = await self._reading.members(group)
        except ClientError as error:
            cause = cannot_ask(error, group)
            sheet.wrong(check, "access-group-unreadable", cause, "Or name people by id instead.")
        else:
            sheet.well(check, f"{len(members)} members")
