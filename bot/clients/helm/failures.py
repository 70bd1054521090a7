"""What helm's words mean, in the project's errors.

Helm has one exit code for everything, so its text must be read. Source: seen with Helm 4.1.4
against a Kubernetes 1.36 API; texts of 3.x are alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.model.errors import (
    ClientError,
    Conflict,
    Denied,
    NotFound,
    Refused,
    TimedOut,
    Unreachable,
    Untrusted,
)

MOST = 600
LOOK_FIRST = "Objects applied before that stay changed: read the release's state before anything."
_PREFIX = re.compile(r"\A(?:Error: |INSTALLATION FAILED: |UPGRADE FAILED: )+")
_FOREIGN = re.compile(r'conflicts? with "([^"]+)"')


def failure_of(operation: str, said: str) -> ClientError:
    """The error for a run of ``helm operation`` that ended with a message."""
    message = _message(said)
    for pattern, make in _MEANINGS:
        if pattern.search(message):
            return make(message)
    return Refused(f"helm {operation} failed: {message or 'no message'}.", hint=LOOK_FIRST)


def killed(operation: str, signal: int) -> ClientError:
    """The error for a run that somebody ended: what came of it must be looked at."""
    return Unreachable(
        f"helm {operation} was killed (signal {signal}) before it said what came of it.",
        hint=LOOK_FIRST,
    )


def _message(said: str) -> str:
    """The last paragraph that is an error, in one line; warnings before it are left out."""
    lines = [line for line in said.splitlines() if line.strip()]
    starts = [at for at, line in enumerate(lines) if line.startswith("Error: ")]
    kept = lines[starts[-1] :] if starts else lines[-3:]
    return _PREFIX.sub("", " ".join(" ".join(kept).split())).rstrip(".")[:MOST]


def _not_found(message: str) -> ClientError:
    return NotFound(f"There is no such release: {message}.")


def _no_revision(message: str) -> ClientError:
    return NotFound(
        f"There is no such revision: {message}.",
        hint="`release history` shows those there are; Helm deletes the oldest.",
    )


def _pending(message: str) -> ClientError:
    return Conflict(
        f"The release is in the middle of another operation: {message}.",
        hint="If no helm runs any more, it was killed: clear the pending release first.",
    )


def _repository(message: str) -> ClientError:
    return Unreachable(
        f"The chart repository cannot be reached: {message}.",
        hint="Rolling back needs no repository.",
    )


def _no_chart(message: str) -> ClientError:
    return NotFound(
        f"The chart, or that version of it, is not there: {message}.",
        hint="`versions --available` shows what the repository offers.",
    )


def _foreign(message: str) -> ClientError:
    managers = ", ".join(dict.fromkeys(_FOREIGN.findall(message)))
    return Conflict(
        f"Fields that the chart sets belong to somebody else ({managers}): {message}.",
        hint=LOOK_FIRST,
    )


def _unreachable(message: str) -> ClientError:
    return Unreachable(f"helm does not reach the API server: {message}.")


def _denied(message: str) -> ClientError:
    return Denied(
        f"The API server does not let helm do this: {message}.",
        hint="Helm needs rights on everything the chart contains, and on its release Secrets.",
    )


def _timed_out(message: str) -> ClientError:
    return TimedOut(f"helm ran out of time: {message}.", hint=LOOK_FIRST)


def _untrusted(message: str) -> ClientError:
    return Untrusted(f"helm cannot verify a certificate: {message}.")


def _not_rendered(message: str) -> ClientError:
    return Refused(
        f"The chart refuses these values: {message}.", hint="Nothing was sent to the cluster."
    )


_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[str], ClientError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), make)
    for pattern, make in (
        (r"x509:|certificate signed by unknown|tls: failed to verify", _untrusted),
        (r"cluster unreachable|Kubernetes cluster.*unreachable", _unreachable),
        (r"another operation \(install/upgrade/rollback\) is in progress", _pending),
        (r"is not a valid chart repository or cannot be reached", _repository),
        (r"failed to (?:fetch|download|do request)|failed to perform .* on source", _repository),
        (r"chart \S+ (?:matching|version)|not found in .* repository", _no_chart),
        (r"improper constraint|no chart version found|chart not found", _no_chart),
        (r"non-absolute URLs should be|path .* not found|manifest unknown", _no_chart),
        (r"release has no \d+ version|no revision for release", _no_revision),
        (r"release: not found|has no deployed releases|release: already exists", _not_found),
        (r'conflicts? with "[^"]+"|Apply failed with \d+ conflict', _foreign),
        (r"is forbidden|Unauthorized|must be logged in", _denied),
        (r"execution error at|template: |values don't meet the spec|parse error", _not_rendered),
        (r"timed out|deadline exceeded|context canceled", _timed_out),
        (r"connection refused|no such host|i/o timeout|network is unreachable|EOF", _unreachable),
    )
)
