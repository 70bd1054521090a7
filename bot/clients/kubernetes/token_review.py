"""Whose token is this: TokenReview, asked of one API server.

Source: Kubernetes API reference, ``authentication.k8s.io/v1`` TokenReview: whoever names audiences
must look whether ``status.audiences`` holds one of them, because an authenticator that knows
nothing of audiences answers for the API server's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.clients.kubernetes.api import Api
from bot.clients.kubernetes.decoding import decode

REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a token proves: ``username`` as Kubernetes knows it; empty when it proves nothing."""

    username: str = ""
    uid: str = ""


class _User(msgspec.Struct):
    username: str = ""
    uid: str = ""


class _Status(msgspec.Struct):
    authenticated: bool = False
    user: _User = msgspec.field(default_factory=_User)
    audiences: list[str] | None = None


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


class _SelfStatus(msgspec.Struct):
    userInfo: _User = msgspec.field(default_factory=_User)  # noqa: N815  Kubernetes' word


class _SelfReview(msgspec.Struct):
    status: _SelfStatus = msgspec.field(default_factory=_SelfStatus)


class TokenReviews:
    """Asks one API server. Every method raises :class:`~bot.model.errors.ClientError`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def review(self, token: str, audience: str = "") -> Reviewed:
        """Who has ``token``, if it was made for ``audience``; without one, for the API server."""
        spec: dict[str, object] = {"token": token}
        if audience:
            spec["audiences"] = [audience]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        answer: _Review = decode(
            await self._api.create(REVIEWS, body, timeout=TIMEOUT), _Review, REVIEWS
        )
        status = answer.status
        if not status.authenticated or (audience and audience not in (status.audiences or ())):
            return Reviewed()
        return Reviewed(status.user.username, status.user.uid)

    async def own(self) -> Reviewed:
        """Whom the credentials that this connection itself uses belong to."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer: _SelfReview = decode(await self._api.create(SELF, body), _SelfReview, SELF)
        return Reviewed(answer.status.userInfo.username, answer.status.userInfo.uid)
