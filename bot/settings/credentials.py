"""Secrets: from the environment or from files, never from ``bot.yaml``, never shown.

``SLACK_BOT_TOKEN`` holds the value itself, ``SLACK_BOT_TOKEN_FILE`` the path of a file that holds
it (a mounted Kubernetes Secret); the same for each row of :data:`SECRETS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from bot.model.errors import ConfigurationError
from bot.settings.problems import Problem

_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Secret:
    """One row: the variable, the field of :class:`Credentials`, where a person finds the value,
    what it begins with (empty: anything that is not one of the others), and the fewest characters
    it has."""

    variable: str
    field: str
    found_at: str
    prefixes: tuple[str, ...] = ()
    shortest: int = 1


SECRETS = (
    Secret(
        "SLACK_BOT_TOKEN",
        "slack_bot_token",
        "OAuth & Permissions, Bot User OAuth Token",
        ("xoxb-", "xoxe.xoxb-"),  # the second where token rotation is on
    ),
    Secret(
        "SLACK_SIGNING_SECRET",
        "slack_signing_secret",
        "Basic Information, App Credentials, Signing Secret (or SLACK_APP_TOKEN, for Socket Mode)",
    ),
    Secret(
        "SLACK_APP_TOKEN",
        "slack_app_token",
        "Basic Information, App-Level Tokens (only for Socket Mode)",
        ("xapp-",),
    ),
    Secret("STORE_PASSWORD", "store_password", "the store's own configuration (requirepass, ACL)"),
    Secret(
        "SEAL_KEY",
        "seal_key",
        "made by you once, with openssl rand -hex 32; the same for every replica",
        shortest=32,
    ),
)
_BY_VARIABLE = {secret.variable: secret for secret in SECRETS}


class Credentials(BaseModel):
    """The secrets that were given. Each is a ``SecretStr``: ``repr`` and ``str`` show stars."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    store_password: SecretStr | None = None
    seal_key: SecretStr | None = None

    def values(self) -> list[str]:
        """The secrets themselves, for whoever must keep them out of sight."""
        given = [getattr(self, secret.field) for secret in SECRETS]
        return [secret.get_secret_value() for secret in given if secret is not None]

    def require_slack(self) -> None:
        """Raise :class:`ConfigurationError` unless the bot can talk to Slack, and Slack to it: over
        HTTP with the signing secret, by Socket Mode with the app-level token, or both."""
        by_socket = self.slack_app_token is not None
        self.require("SLACK_BOT_TOKEN", *(() if by_socket else ("SLACK_SIGNING_SECRET",)))

    def require(self, *variables: str) -> None:
        """Raise :class:`ConfigurationError` naming every one of ``variables`` that is missing."""
        wanted = [_BY_VARIABLE[variable] for variable in variables]
        missing = [secret for secret in wanted if getattr(self, secret.field) is None]
        if missing:
            names = ", ".join(secret.variable for secret in missing)
            where = "; ".join(f"{secret.variable}: {secret.found_at}" for secret in missing)
            raise ConfigurationError(
                f"Missing in the environment: {names}.",
                hint=f"Set each, or its name with _FILE to a file that holds it. "
                f"In your app's pages at api.slack.com/apps - {where}.",
            )


def from_environment(environ: Mapping[str, str]) -> tuple[Credentials, list[Problem]]:
    """The secrets of ``environ``, and what is wrong with them; no value is ever in a problem."""
    values: dict[str, SecretStr] = {}
    problems: list[Problem] = []
    for secret in SECRETS:
        value, what = _given(secret.variable, environ)
        what = what or (value and _mistaken(secret, value)) or ""
        if what:
            problems.append(Problem("environment", 0, 0, secret.variable, what))
        elif value:
            values[secret.field] = SecretStr(value)
    return Credentials.model_validate(values), problems


def _given(variable: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The value and what is wrong; an empty variable counts as not given."""
    direct, file = environ.get(variable, "").strip(), environ.get(f"{variable}_FILE", "").strip()
    if direct and file:
        return "", f"given twice; keep either {variable} or {variable}_FILE"
    if not file:
        return direct, ""
    try:
        with Path(file).expanduser().open(encoding="utf-8") as opened:
            value = opened.read(_LONGEST + 1).strip()
    except UnicodeDecodeError:
        return "", f"{file}, named by {variable}_FILE, is not text"
    except (OSError, ValueError, RuntimeError) as error:  # NUL in the name; ~nobody
        reason = error.strerror if isinstance(error, OSError) else "not a usable path"
        return "", f"{file}, named by {variable}_FILE, cannot be read: {reason}"
    if not value:
        return "", f"{file}, named by {variable}_FILE, is empty"
    return value, ""


def _mistaken(secret: Secret, value: str) -> str:
    """What gives a value away as the wrong one, without showing it."""
    if len(value) > _LONGEST or not value.isascii() or not value.isprintable() or " " in value:
        return "is not one line of plain characters (value not shown)"
    if secret.prefixes and not value.startswith(secret.prefixes):
        return f"does not begin with {secret.prefixes[0]} (value not shown)"
    if len(value) < secret.shortest:
        return f"is shorter than {secret.shortest} characters (value not shown)"
    if not secret.prefixes:
        for other in SECRETS:
            if other.prefixes and value.startswith(other.prefixes):
                return f"holds a value that belongs in {other.variable} (value not shown)"
    return ""
