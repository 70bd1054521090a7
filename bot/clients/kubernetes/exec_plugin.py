"""Credentials from the program that a kubeconfig names: cloud logins, mostly.

The official client runs it, too, but goes on without credentials when it fails. It never gets a
terminal here, so that one which wants to ask a question fails instead of waiting for an answer.
Source: client.authentication.k8s.io/v1 (ExecCredential).
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
from pathlib import Path
from typing import Any

import msgspec

from bot.model.errors import ConfigurationError

PATIENCE = 30.0
"""Seconds a plugin may take."""


class _Given(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""


class _ExecCredential(msgspec.Struct):
    status: _Given | None = None


async def credentials_of(plugin: dict[str, Any], cluster: dict[str, Any]) -> dict[str, str]:
    """What ``plugin`` (a kubeconfig user's ``exec``) answers, written as a kubeconfig's user.

    Raises :class:`ConfigurationError` naming the plugin and what it said. A plugin still running
    when the caller is cancelled is killed.
    """
    name = Path(str(plugin.get("command") or "")).name
    hint = f"Does {name} work here? Try `kubectl auth whoami`."
    try:
        output = await _run(plugin, cluster)
        given = msgspec.json.decode(output, type=_ExecCredential).status or _Given()
    except (FileNotFoundError, PermissionError) as error:
        told = " ".join(str(plugin.get("installHint") or "").split())[:200]
        raise ConfigurationError(
            f"The credential plugin {name} cannot be started: {error.strerror}.",
            hint=told or f"Install {name}, or use another context.",
        ) from None
    except TimeoutError:
        reason = f"does not end within {PATIENCE:g} s"
        raise ConfigurationError(f"The credential plugin {name} {reason}.", hint=hint) from None
    except _Failed as error:
        raise ConfigurationError(f"The credential plugin {name} {error}.", hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = "printed no ExecCredential"
        raise ConfigurationError(f"The credential plugin {name} {reason}.", hint=hint) from None
    if given.token:
        return {"token": given.token}
    if given.client_certificate_data and given.client_key_data:
        return {
            "client-certificate-data": _encoded(given.client_certificate_data),
            "client-key-data": _encoded(given.client_key_data),
        }
    raise ConfigurationError(f"The credential plugin {name} gave no credentials.", hint=hint)


class _Failed(Exception):
    """The plugin ended with an error; the text says which."""


async def _run(plugin: dict[str, Any], cluster: dict[str, Any]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        str(plugin.get("command") or ""),
        *(str(argument) for argument in plugin.get("args") or ()),
        env=_environment(plugin, cluster),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            stdout, stderr = await process.communicate()
    except BaseException:
        # Whatever it started must not outlive it: a login helper can hold a port for minutes.
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()
        raise
    if process.returncode != 0:
        said = " ".join(stderr.decode(errors="replace").split())[:300].rstrip(".")
        raise _Failed(f"failed (exit code {process.returncode}): {said or 'no message'}")
    return stdout


def _environment(plugin: dict[str, Any], cluster: dict[str, Any]) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        told = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
        spec["cluster"] = {key: cluster[key] for key in told if key in cluster}
        if "certificate-authority-data" in cluster:
            authority = cluster["certificate-authority-data"]
            spec["cluster"]["certificate-authority-data"] = authority
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    added = {
        str(pair["name"]): str(pair.get("value", ""))
        for pair in plugin.get("env") or ()
        if isinstance(pair, dict) and "name" in pair
    }
    return {**os.environ, **added, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
