"""Changes: who may approve them, the key of their seals, who people at a terminal are; and which
rights the bot needs for them in a cluster."""

from __future__ import annotations

from bot.clients.kubernetes.permissions import CHANGES, IDENTITY, PERMISSIONS, Permission
from bot.doctor.sheet import Sheet
from bot.model.errors import ConfigurationError
from bot.model.names import counted
from bot.settings import Settings
from bot.settings.seal_key import kept_key, seal_key_file

_KEY = "key of seals"
_PEOPLE = "people at a terminal"


def rights_in(cluster: str, settings: Settings) -> tuple[Permission, ...]:
    """What the bot must be granted in ``cluster``: reading, and where approval rules are named
    changing, too."""
    if settings.approval_rules is None:
        return PERMISSIONS
    identifies = bool(settings.changes.people) and cluster == settings.identity_cluster
    rows = tuple(row for row in CHANGES if row is not IDENTITY or identifies)
    return (*PERMISSIONS, *rows)


class ChangesPart:
    """What ``settings`` say of changes. The store's fitness is told by its own part, the rights by
    each cluster's."""

    name = "changes"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def examine(self, within: float) -> Sheet:
        """A bot that only reads is in order."""
        sheet = Sheet(self.name)
        rules = self._settings.approval_rules
        if rules is None:
            sheet.well("approval rules", "none named: the bot only reads")
            return sheet
        sheet.well("approval rules", counted(len(rules.rules), "rule"))
        self._key(sheet)
        self._people(sheet)
        if self._settings.changes.audit_channel is None:
            sheet.well("audit's channel", "none: the head of the audit is in the log alone")
        else:
            sheet.well("audit's channel", self._settings.changes.audit_channel)
        return sheet

    def _key(self, sheet: Sheet) -> None:
        if self._settings.credentials.seal_key is not None:
            sheet.well(_KEY, "SEAL_KEY")
            return
        file = seal_key_file(self._settings)
        if file is None:
            sheet.wrong(
                _KEY,
                "seal-key-missing",
                "Changes are refused: with store.url the key of seals must be given, and it is "
                "not.",
                "Make one with openssl rand -hex 32 and set SEAL_KEY, the same for every replica "
                "(the chart's changes.existingSecret).",
            )
            return
        try:
            kept_key(file)
        except FileNotFoundError:
            reason = "It is made beside the embedded store when its bot starts; there is none here."
            sheet.unseen(_KEY, reason, "Ask in Slack: /cilium doctor")
        except OSError as error:
            cause = f"{file} cannot be read: {error.strerror}."
            sheet.wrong(_KEY, "seal-key-unusable", cause, "Make it readable for the bot's user.")
        except ConfigurationError as error:
            sheet.wrong(_KEY, "seal-key-unusable", error.message, error.hint)
        else:
            sheet.well(_KEY, "beside the embedded store")

    def _people(self, sheet: Sheet) -> None:
        people, cluster = self._settings.changes.people, self._settings.identity_cluster
        if not people:
            sheet.well(_PEOPLE, "none named: changes are requested and approved in Slack alone")
        else:
            sheet.well(_PEOPLE, f"{len(people)} named, identified by {cluster}")
