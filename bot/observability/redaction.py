"""Takes secrets out of text: those that were registered, and what looks like one.

Shapes: Slack's tokens and request signatures, ``response_url`` addresses (whoever has one can
write into the conversation), Authorization headers, bearer tokens and JWTs, private keys,
passwords in addresses and ``token=...`` in query strings.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from bot.settings.problems import SECRET

HIDDEN = "•••"
SHORTEST = 8
"""Characters a registered value must have: a shorter one is no secret and would hide words."""

_WHOLE = re.compile(
    "|".join(
        [
            SECRET.pattern,
            r"https://hooks\.slack(?:-gov)?\.com/\S+",
            r"\bv0=[0-9a-f]{16,}",
            r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        ]
    ),
    re.DOTALL,
)
_AFTER = re.compile(
    r"""(?ix)
    (   \bauthorization["']? \s* [:=] \s* ["']? (?:(?:bearer|basic) \s+)?
      | \bbearer \s+ (?=[A-Za-z0-9._~+/=-]{8})
      | \b(?:token|secret|password|passwd|api_?key|client_secret|signature) =
    ) [^\s"',;&]+
    """
)
_IN_ADDRESS = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")


class Redaction:
    """Knows secrets by value; :meth:`redact` leaves none of them in a text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {
            form
            for value in values
            if len(value) >= SHORTEST
            for form in (value, quote(value, safe=""), b64encode(value.encode()).decode())
        }
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def redact(self, text: str) -> str:
        """``text`` with every secret replaced by :data:`HIDDEN`."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _WHOLE.sub(HIDDEN, text)
        text = _IN_ADDRESS.sub(lambda found: found[1] + HIDDEN, text)
        return _AFTER.sub(lambda found: found[1] + HIDDEN, text)
