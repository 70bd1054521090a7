"""Socket Mode: is the app-level token good, may it open connections, are they open."""

from __future__ import annotations

from bot.doctor.sheet import Sheet
from bot.model.errors import ClientError, Denied, OncallError
from bot.model.names import format_duration
from bot.model.report import Severity
from bot.slack.opening import Ended, Opening
from bot.slack.socket_mode import MOST_OF_APP, SocketMode

_CONNECTED = "connections"
_OPENING = "app-level token and connections:write"


class SocketPart:
    """With ``sockets`` those of this bot are looked at. Without, an address is asked for and not
    connected to: Slack would hand people's commands to the doctor."""

    name = "slack socket mode"

    def __init__(self, opening: Opening, sockets: SocketMode | None = None) -> None:
        self._opening = opening
        self._sockets = sockets

    async def examine(self, within: float) -> Sheet:
        """What connections that are open prove is not asked again: the method is rate-limited."""
        sheet = Sheet(self.name)
        if self._sockets is None:
            await self._may_open(sheet)
        else:
            self._held(sheet, self._sockets)
        return sheet

    async def _may_open(self, sheet: Sheet) -> None:
        try:
            await self._opening.address()
        except ClientError as error:
            _told(sheet, _OPENING, error)
        else:
            sheet.well(_OPENING)
            hint = "In Slack: /cilium doctor. In the cluster: the bot's /readyz."
            sheet.unseen(_CONNECTED, "Only the running bot knows its connections.", hint)

    def _held(self, sheet: Sheet, sockets: SocketMode) -> None:
        since, count = format_duration(sockets.since), sockets.open_connections
        if not count:
            trouble = sockets.trouble or OncallError("It is still connecting.")
            _told(sheet, _CONNECTED, trouble)
            return
        sheet.well(_OPENING)
        sheet.well(_CONNECTED, f"{count} of {sockets.wanted}, connected for {since}")
        if sockets.trouble is not None:
            _told(sheet, "every connection", sockets.trouble)
        elif sockets.of_app >= MOST_OF_APP:
            sheet.wrong(
                "connections of the app",
                "slack-socket-none-left",
                f"All {MOST_OF_APP} connections that Slack allows the app are in use.",
                "Run fewer bots, or lower slack.sockets in bot.yaml.",
            )


def _told(sheet: Sheet, check: str, error: OncallError) -> None:
    """A refusal is a finding; what may pass by itself is one only while nothing is connected."""
    if isinstance(error, Denied | Ended):
        sheet.wrong(
            check,
            "slack-socket-refused",
            error.message,
            error.hint,
            severity=Severity.CRITICAL,
        )
    elif check == _CONNECTED:
        sheet.wrong(
            check,
            "slack-socket-not-connected",
            f"Slack can reach the bot by no connection: {error.message}",
            error.hint or "Check the pod's way out to wss://*.slack.com: DNS, proxy, policy.",
            severity=Severity.CRITICAL,
        )
    else:
        sheet.unseen(check, error.message, error.hint or "Try again in a minute.")
