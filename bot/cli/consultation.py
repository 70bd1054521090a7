"""``cilium-oncall doctor``: everything the bot would start with, looked at from a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from pydantic import SecretStr

from bot.app import addresses_of, build_executor, close
from bot.clients.kubernetes.connection import ClusterAddress, context_name
from bot.doctor.changes import ChangesPart, rights_in
from bot.doctor.cluster import ClusterPart
from bot.doctor.examine import examine
from bot.doctor.files import Files
from bot.doctor.runbook import NAME
from bot.doctor.sheet import Part, Sheet
from bot.doctor.socket_mode import SocketPart
from bot.doctor.store import StorePart
from bot.doctor.workspace import Workspace
from bot.model.errors import ConfigurationError
from bot.model.report import Report
from bot.model.run import Door, Requester, RunRecord, RunRequest, RunState, new_run_id
from bot.settings import InvalidSettings, Limits, Settings, load
from bot.slack.opening import Opening
from bot.slack.reading import Reading
from bot.slack.webapi import WebApi
from bot.store.address import StoreAddress, store_address
from bot.store.connection import Store
from bot.store.embedded import SOCKET


class _NoSlack:
    """Without settings or without secrets there is nothing to ask Slack with."""

    name = "slack"

    def __init__(self, reason: str, hint: str) -> None:
        self._reason, self._hint = reason, hint

    async def examine(self, within: float) -> Sheet:
        """One gap."""
        sheet = Sheet(self.name)
        sheet.unseen("token and channels", self._reason, self._hint)
        return sheet


async def consult(
    config: Path | None,
    cluster: str | None,
    environ: Mapping[str, str],
    commands: Collection[str],
    within: float,
    remedies: Collection[str] | None = None,
    runbooks: Mapping[str, Mapping[str, bool]] | None = None,
) -> RunRecord:
    """A finished run of the doctor, on ``cluster`` or on every one. Nothing is journaled.

    Raises :class:`ConfigurationError` when there is neither a file nor a kubeconfig.
    """
    began = datetime.now(UTC)
    try:
        settings = load(config, environ, commands, remedies, runbooks)
    except InvalidSettings as error:
        parts: list[Part] = [Files(str(config or ""), error.problems)]
        report = await examine(parts, title="The bot's configuration", within=within)
        return _record(report, began, "")
    addresses = addresses_of(settings) if config else _current()
    if cluster is not None:
        if cluster not in addresses:
            known = ", ".join(sorted(addresses))
            raise ConfigurationError(f"There is no cluster {cluster}.", hint=f"Known: {known}.")
        addresses = {cluster: addresses[cluster]}
    limits = Limits() if config is None else settings.limits
    executor = build_executor(addresses, limits, settings.helm)
    credentials = settings.credentials
    api = _web_api(credentials.slack_bot_token, settings)
    app_api = _web_api(credentials.slack_app_token, settings)
    opened = [each for each in (api, app_api) if each is not None]
    try:
        parts = [Files(str(config or "")), _slack(settings, api)]
        if app_api is not None:
            parts.append(SocketPart(Opening(app_api)))
        if config is not None:
            parts += [_Store(settings), ChangesPart(settings)]
        parts += [
            ClusterPart(each, rights_in(name, settings)) for name, each in executor.clusters.items()
        ]
        for each in opened:
            await each.open()
        names = ", ".join(addresses)
        report = await examine(parts, title=f"The bot and {names}", within=within)
        return _record(report, began, names)
    finally:
        for each in opened:
            await each.close()
        await close(executor)


def _current() -> dict[str, tuple[ClusterAddress, str]]:
    address = ClusterAddress()
    return {context_name(address): (address, "kube-system")}


def _web_api(token: SecretStr | None, settings: Settings) -> WebApi | None:
    return None if token is None else WebApi(token.get_secret_value(), settings.slack.api_url)


def _slack(settings: Settings, api: WebApi | None) -> Part:
    secret = settings.credentials.slack_signing_secret
    if api is None or (secret is None and settings.credentials.slack_app_token is None):
        reason = "SLACK_BOT_TOKEN, and SLACK_SIGNING_SECRET or SLACK_APP_TOKEN, are not set here."
        return _NoSlack(reason, "Run it where the bot runs: kubectl exec into its pod.")
    channels, groups = settings.named_channels, settings.groups
    signing_secret = None if secret is None else secret.get_secret_value()
    return Workspace(Reading(api), signing_secret, channels, groups)


class _Store:
    """The configured store from here; the embedded one by its socket, if its bot runs here."""

    name = "store"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def examine(self, within: float) -> Sheet:
        """One gap where the embedded store's bot does not run."""
        embedded = self._settings.store.url is None
        if embedded and not (self._settings.store.folder.expanduser() / SOCKET).exists():
            sheet = Sheet(self.name)
            reason = "The embedded store runs beside its bot, and there is none here."
            sheet.unseen("reachable", reason, "Ask in Slack: /cilium doctor")
            return sheet
        store = Store(_store_address(self._settings))
        try:
            return await StorePart(store, embedded=embedded).examine(within)
        finally:
            await store.close()


def _store_address(settings: Settings) -> StoreAddress:
    if settings.store.url is None:
        return StoreAddress(f"unix://{settings.store.folder.expanduser() / SOCKET}")
    password = settings.credentials.store_password
    return store_address(settings.store.url, password.get_secret_value() if password else "")


def _record(report: Report, began: datetime, cluster: str) -> RunRecord:
    return RunRecord(
        id=new_run_id(),
        request=RunRequest(
            runbook=NAME,
            cluster=cluster or "no cluster",
            parameters={},
            requester=Requester(door=Door.TERMINAL, id=getuser()),
        ),
        state=RunState.FINISHED,
        queued_at=began,
        started_at=began,
        finished_at=datetime.now(UTC),
        report=report,
        recorded=False,
    )
