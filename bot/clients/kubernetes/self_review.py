"""What the API server says of the bot's own rights, and its version.

Neither needs a grant: every authenticated user may create SelfSubjectAccessReviews
(``system:basic-user``) and read ``/version`` (``system:public-info-viewer``), unless a cluster's
admin took these default bindings away.
"""

from __future__ import annotations

import msgspec

from bot.clients.kubernetes.api import Api
from bot.clients.kubernetes.decoding import decode
from bot.clients.kubernetes.permissions import Permission

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class _Version(msgspec.Struct):
    git_version: str = msgspec.field(name="gitVersion", default="")


class _Status(msgspec.Struct):
    allowed: bool = False
    reason: str = ""


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


class SelfReview:
    """Asks one API server; raises :class:`ClientError`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def version(self, *, timeout: float) -> str:
        """Such as ``v1.31.2``."""
        body = await self._api.get("/version", timeout=timeout, attempts=1)
        found: _Version = decode(body, _Version, "/version")
        return found.git_version

    async def refused(self, permission: Permission, namespace: str) -> list[str]:
        """The verbs of ``permission`` that the bot does not have, in Cilium's ``namespace``."""
        return [v for v in permission.verbs if not await self._may(permission, v, namespace)]

    async def _may(self, permission: Permission, verb: str, namespace: str) -> bool:
        resource, _, subresource = permission.resource.partition("/")
        attributes = {"verb": verb, "group": permission.group, "resource": resource}
        if subresource:
            attributes["subresource"] = subresource
        if not permission.role.is_cluster_wide:
            attributes["namespace"] = namespace
        if permission.names:
            attributes["name"] = permission.names[0]
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answered: _Review = decode(await self._api.create(REVIEWS, review), _Review, REVIEWS)
        return answered.status.allowed
