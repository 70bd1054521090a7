"""Values without what looks like a secret, by the shape of their keys and of their content.

A chart's values hold keys and passwords in plain text (Cilium's: ``tls.ca.key``, certificates
given as values), and reports go to a channel. What is hidden stays comparable: equal secrets have
equal marks, so that a difference still shows.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any

from bot.clients.helm.release import Values

_SECRET_KEY = re.compile(
    r"(?:password|passwd|passphrase|token|secret|credential|apikey|api_key|private|psk"
    r"|\bkey\b|keyData|bearer|\bauth\b|\bca\b.*key)",
    re.IGNORECASE,
)
_HARMLESS_KEY = re.compile(
    r"(?:secretName|secretNamespace|secretSync|secretsBackend|secretsNamespace|existingSecret\w*"
    r"|keyFile|key-file|token-path|authMode|serviceAccountToken|automountServiceAccountToken"
    r"|only_?FromSecretsNamespace|mountPath)\Z",
    re.IGNORECASE,
)
_SECRET_CONTENT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\beyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]+:[^/\s@]+@"
)
_ENCODED_PEM = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,50}")
"""The first line of a PEM block, in base64."""
_DEEPEST = 40


def redacted(values: Values) -> Values:
    """``values`` with every secret in them replaced by a mark; the given ones are not changed."""
    return {key: _without(key, value, 0) for key, value in values.items()}


def without_secret(text: str) -> str:
    """``text``, or its mark when its content looks like a secret: where no key tells."""
    return mark_of(text) if _is_secret(text) else text


def mark_of(value: object) -> str:
    """What stands for a secret: the same for the same one, in this process only.

    With a salt that others knew, weak passwords could be tried against the mark.
    """
    digest = hashlib.sha256(_SALT + repr(value).encode()).hexdigest()
    return f"(hidden, {digest[:6]})"


def is_secret_key(key: str) -> bool:
    """Whether what stands under ``key`` is hidden; names of Secrets and paths are not."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).replace("-", " ").replace("_", " ")
    return not _HARMLESS_KEY.search(key) and bool(
        _SECRET_KEY.search(words) or _SECRET_KEY.search(key)
    )


def _without(key: str, value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return "(too deep)"
    match value:
        case dict():
            return {inner: _without(str(inner), below, depth + 1) for inner, below in value.items()}
        case list():
            return [_without(key, item, depth + 1) for item in value]
        case None | bool() | "":
            return value
        case str() if _is_secret(value):
            return mark_of(value)
        case _:
            return mark_of(value) if is_secret_key(key) else value


def _is_secret(text: str) -> bool:
    if _SECRET_CONTENT.search(text):
        return True
    return any(
        b"PRIVATE KEY" in base64.b64decode(found[: len(found) // 4 * 4])
        for found in _ENCODED_PEM.findall(text)
    )


_SALT = secrets.token_bytes(32)
