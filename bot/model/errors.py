"""What can go wrong, as the project's own small tree.

    OncallError
    ├── UsageError              the person asked for something that does not exist or cannot be read
    ├── NotAllowed              the access rules do not let this person; nothing was run
    ├── ConfigurationError      a file or the environment is wrong; nothing was started
    ├── StoreUnavailable        the store cannot be reached or takes no writes  (later it may)
    ├── RecordTooNew            a newer version of the bot wrote this record; it was left alone
    └── ClientError             an outside system did not give what was asked
        ├── Unreachable         no connection, or the server is failing   (a read may be retried)
        ├── TimedOut            no answer in time                         (a read may be retried)
        ├── Throttled           asked to slow down (429)                  (a read may be retried)
        ├── Untrusted           the server's certificate cannot be verified
        ├── Denied              not authenticated or not authorised
        ├── NotFound            the object does not exist
        ├── Conflict            a precondition did not hold: the object changed
        ├── Refused             the server understood and will not (400, 415, 422)
        └── Malformed           an answer that cannot be read

Foreign exceptions do not leave the room that talks to the foreign library: a client catches them
and raises one of these. Every message is one sentence fit for an engineer at 3 a.m.; ``hint`` is
what to do about it.
"""

from __future__ import annotations


class OncallError(Exception):
    """An error with a sentence for a person and, where there is one, what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(OncallError):
    """The request cannot be understood; nothing was run. ``usage`` is the grammar to show."""

    def __init__(self, message: str, *, hint: str = "", usage: str = "") -> None:
        super().__init__(message, hint=hint)
        self.usage = usage


class NotAllowed(OncallError):
    """The access rules do not let this person; nothing was run. The hint says whom to ask."""


class ConfigurationError(OncallError):
    """A configuration file, a kubeconfig or the environment is wrong; nothing was started."""


class StoreUnavailable(OncallError):
    """The store cannot be reached, or takes no writes. Every call may be made again with the same
    operation id; ``perhaps_done`` says that this one may have taken effect, its answer lost."""

    retry_makes_sense = True
    perhaps_done = False


class StoreDenies(StoreUnavailable):
    """The store is there, but its rules for the bot's user forbid this command, and will again."""

    retry_makes_sense = False


class RecordTooNew(OncallError):
    """A record in the store was written by a newer version of the bot, and was left alone."""


class ClientError(OncallError):
    """An outside system did not give what was asked."""

    retry_makes_sense = False


class Unreachable(ClientError):
    """No connection, or the server failed to serve (5xx)."""

    retry_makes_sense = True


class TimedOut(ClientError):
    """No answer within the time given."""

    retry_makes_sense = True


class Throttled(ClientError):
    """The server asked to slow down; ``retry_after`` in seconds."""

    retry_makes_sense = True

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Untrusted(ClientError):
    """The server's certificate cannot be verified; nothing was sent."""


class Denied(ClientError):
    """Not authenticated, or not allowed."""


class NotFound(ClientError):
    """The object does not exist."""


class Conflict(ClientError):
    """A precondition did not hold: the object is not the one that was looked at.

    ``owners`` are fields that others own, as (manager, field): who applies must not take them.
    """

    def __init__(
        self, message: str, *, hint: str = "", owners: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.owners = owners


class Refused(ClientError):
    """The server understood the request and will not carry it out."""


class Malformed(ClientError):
    """An answer that cannot be read. Never taken for good news."""
