"""Seals: HMACs with a key that is not in the store, so that who writes there cannot approve.

What is sealed is named part by part and framed by length, so that no two lists of parts read alike.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from bot.model.audit import AuditEvent
from bot.model.change import Change, Decision

SHORTEST = 32
"""Bytes of a key."""


class Seal:
    """Seals of one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST:
            raise ValueError(f"a key of {len(key)} bytes seals nothing; {SHORTEST} are needed")
        self._key = key

    def __repr__(self) -> str:
        return "Seal(***)"

    def of(self, *parts: str) -> str:
        """The seal of ``parts``, as hexadecimal text."""
        framed = b"".join(
            len(part).to_bytes(8, "big") + part for part in (text.encode() for text in parts)
        )
        return hmac.new(self._key, framed, hashlib.sha256).hexdigest()

    def holds(self, seal: str, *parts: str) -> bool:
        """Whether ``seal`` is the seal of ``parts``; in constant time."""
        return hmac.compare_digest(seal.encode(), self.of(*parts).encode())

    def request(self, change: Change) -> Change:
        """``change`` with a seal over who asked for what."""
        return msgspec.structs.replace(change, seal=self.of(*_request(change)))

    def plan(self, change: Change) -> Change:
        """``change`` with a seal over the plan it asks approval for."""
        return msgspec.structs.replace(change, plan_seal=self.of(*_plan(change)))

    def word(self, change_id: str, decision: Decision) -> Decision:
        """``decision`` with a seal over who said what of which plan, and when."""
        return msgspec.structs.replace(decision, seal=self.of(*_word(change_id, decision)))

    def event(self, event: AuditEvent) -> AuditEvent:
        """``event`` with a seal over all of it."""
        return msgspec.structs.replace(event, seal=self.of(*_event(event)))

    def holds_for_request(self, change: Change) -> bool:
        """Whether the request is as it was made."""
        return self.holds(change.seal, *_request(change))

    def holds_for_plan(self, change: Change) -> bool:
        """Whether the plan is the one that was put before its approvers."""
        return change.plan is not None and self.holds(change.plan_seal, *_plan(change))

    def holds_for_word(self, change_id: str, decision: Decision) -> bool:
        """Whether somebody really said this."""
        return self.holds(decision.seal, *_word(change_id, decision))

    def holds_for_event(self, event: AuditEvent) -> bool:
        """Whether a bot with this key wrote this."""
        return self.holds(event.seal, *_event(event))


def _request(change: Change) -> tuple[str, ...]:
    return "request", change.id, msgspec.json.encode(change.request, order="sorted").decode()


def _plan(change: Change) -> tuple[str, ...]:
    digest = change.plan.digest if change.plan else ""
    return "plan", change.id, change.ask, digest, str(change.needed), change.rule


def _word(change_id: str, said: Decision) -> tuple[str, ...]:
    at = said.at.isoformat()
    return "word", change_id, said.word, said.by.id, at, said.digest, said.about, said.reason


def _event(event: AuditEvent) -> tuple[str, ...]:
    unsealed = msgspec.structs.replace(event, seal="")
    return "event", msgspec.json.encode(unsealed, order="sorted").decode()
