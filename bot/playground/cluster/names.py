"""Names, suffixes and hashes, formed the way Kubernetes forms them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

# The alphabet of k8s.io/apimachinery/pkg/util/rand: no vowels, so that no words appear.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"

SUBDOMAIN_PATTERN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_SUBDOMAIN = re.compile(SUBDOMAIN_PATTERN)
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
SUBDOMAIN_LENGTH = 253


def is_subdomain(name: str) -> bool:
    """Whether this is a valid object name (RFC 1123 subdomain)."""
    return len(name) <= SUBDOMAIN_LENGTH and _SUBDOMAIN.fullmatch(name) is not None


def is_label_key(key: str) -> bool:
    """Whether this is a valid label key: an optional DNS prefix, a slash, a name."""
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return False
    return 0 < len(name) <= 63 and _LABEL_NAME.fullmatch(name) is not None


def is_label_value(value: str) -> bool:
    """Whether this is a valid label value; the empty one is."""
    return value == "" or (len(value) <= 63 and _LABEL_NAME.fullmatch(value) is not None)


def random_suffix(length: int = 5) -> str:
    """The random end of a generated name."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_uid() -> str:
    """A fresh object UID."""
    return str(uuid4())


def stable_hash(value: Any, length: int = 10) -> str:
    """A hash of any JSON value in the safe alphabet; equal values give equal hashes.

    Used for ``controller-revision-hash`` and ``pod-template-hash``. Kubernetes hashes a Go
    dump of the template, so the texts differ from a real cluster's; their meaning does not.
    """
    digest = hashlib.sha256(msgspec.json.encode(value, order="sorted")).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:length])


def stable_hex(text: str, length: int = 64) -> str:
    """A reproducible hexadecimal id (container ids, image digests, machine ids)."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def stable_number(text: str, low: int, high: int) -> int:
    """A reproducible number in ``low..high`` inclusive, spread by the text."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return low + int.from_bytes(digest, "big") % (high - low + 1)


def labels_of(thing: Mapping[str, Any]) -> dict[str, str]:
    """The labels of an object or a pod template, empty when there are none."""
    return (thing.get("metadata") or {}).get("labels") or {}
