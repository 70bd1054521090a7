"""What an API server's refusals and broken connections mean, in the project's errors.

Source: Status bodies of a Kubernetes 1.36 API server; an unknown group answers 404 in plain text.
"""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bot.clients.kubernetes.permissions import grant_for
from bot.model.errors import (
    ClientError,
    Conflict,
    Denied,
    NotFound,
    Refused,
    Throttled,
    TimedOut,
    Unreachable,
    Untrusted,
)

_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)"
    r"(?P<within>/namespaces/[^/]+(?=/))?/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[a-z]+))?"
)
_MANAGER = re.compile(r'conflict with "([^"]+)"')
_VERBS = {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""
    field: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] | None = None


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""
    details: _Details | None = None


def error_of(status: int, body: bytes, method: str, path: str, retry_after: str) -> ClientError:
    """The error for an HTTP ``status`` of 400 and above, carrying the server's own message."""
    message = _message(body) or f"{method} {path} answered {status}"
    match status:
        case 401:
            return Denied(
                "The API server does not accept these credentials.",
                hint="They may have expired: try `kubectl auth whoami`, then log in again.",
            )
        case 403:
            return Denied(f"Forbidden: {message}.", hint=_grant(method, path))
        case 404:
            return NotFound(f"Not found: {message}.")
        case 409 | 410:
            return Conflict(f"{message}.", owners=_owners(body))
        case _ if 300 <= status < 400:
            return Refused(
                "Not the API server but something in front of it answered: it redirects elsewhere.",
                hint="Check the server address in the kubeconfig; log in if a proxy asks for it.",
            )
        case 408:
            return TimedOut(f"The API server ran out of time: {message}.")
        case 429:
            seconds = float(retry_after) if retry_after.isdecimal() else 1.0
            return Throttled("The API server asks to slow down.", retry_after=min(seconds, 30.0))
        case _ if status >= 500:
            return Unreachable(f"The API server fails with {status}: {message}.")
        case _:
            return Refused(f"The API server refuses: {message}.")


def failure_of(error: Exception, server: str) -> ClientError:
    """The error for a connection to ``server`` that failed before an answer was complete."""
    host = urlsplit(server).netloc
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "") or str(
            error.certificate_error
        )
        return Untrusted(
            f"The certificate of {host} cannot be verified: {reason.rstrip('.')}.",
            hint="Check certificate-authority in the kubeconfig, and the server's address.",
        )
    if isinstance(error, (aiohttp.ClientConnectorSSLError, aiohttp.ClientSSLError, ssl.SSLError)):
        cause = getattr(error, "os_error", error)
        reason = getattr(cause, "reason", None) or str(cause)
        return Untrusted(
            f"{host} does not speak TLS as expected: {reason}.",
            hint="Check the server address in the kubeconfig.",
        )
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Unreachable(
            f"The proxy does not connect to {host}: it answers {error.status}.",
            hint="Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return Unreachable(
            f"The proxy on the way to {host} cannot be reached.",
            hint="Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unreachable(
            f"The name {urlsplit(server).hostname} does not resolve.",
            hint="Check the server address in the kubeconfig, VPN and DNS.",
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or type(error.os_error).__name__
        return Unreachable(
            f"The API server at {host} cannot be reached: {reason}.",
            hint="Is it running, and is the VPN up? Try `kubectl get nodes`.",
        )
    return Unreachable(f"The connection to {host} broke: {str(error) or type(error).__name__}.")


def _message(body: bytes) -> str:
    try:
        message = msgspec.json.decode(body, type=_Status).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = body[:200].decode(errors="replace")
    return " ".join(message.split()).rstrip(".")[:500]


def _owners(body: bytes) -> tuple[tuple[str, str], ...]:
    """Who owns which field, where a server-side apply was refused for that."""
    try:
        details = msgspec.json.decode(body, type=_Status).details
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    causes = (details.causes if details else None) or ()
    return tuple(
        (match[1], cause.field)
        for cause in causes
        if cause.reason == "FieldManagerConflict" and (match := _MANAGER.search(cause.message))
    )


def _grant(method: str, path: str) -> str:
    match = _PATH.match(path)
    if not match:
        return ""
    resource = match["resource"] + (f"/{match['sub']}" if match["sub"] else "")
    verb = _VERBS.get(method) or ("get" if match["name"] else "list")
    group, name, everywhere = match["group"] or "", match["name"] or "", not match["within"]
    return grant_for(verb, group, resource, name=name, everywhere=everywhere)
