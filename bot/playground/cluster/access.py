"""Who a caller is and what they may do: bearer tokens and RBAC rules."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .errors import Forbidden, Unauthorized
from .names import new_uid

JsonObject = dict[str, Any]

AUDIENCE = "https://kubernetes.default.svc"
"""Whom an ordinary token is for: the API server."""


@dataclass(frozen=True)
class User:
    """A caller. ``token`` is empty for the anonymous one; it is good for ``audiences`` alone."""

    name: str
    token: str
    uid: str = ""
    audiences: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("system:authenticated",)

    def info(self) -> JsonObject:
        """The UserInfo of TokenReview and SelfSubjectReview."""
        return {"username": self.name, "uid": self.uid, "groups": list(self.groups)}


ANONYMOUS = User("system:anonymous", "", groups=("system:unauthenticated",))


@dataclass(frozen=True)
class Attributes:
    """What a request wants to do, as an authorizer sees it."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def rule_resource(self) -> str:
        """``pods`` or ``pods/exec``: how RBAC rules write it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True)
class Rule:
    """One RBAC rule; ``namespace`` None binds it cluster-wide."""

    namespace: str | None
    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Rule:
        """Read a rule written as in a Role, plus its ``namespace``."""
        return cls(
            spec.get("namespace"),
            tuple(spec["apiGroups"]),
            tuple(spec["resources"]),
            tuple(spec["verbs"]),
            tuple(spec.get("resourceNames") or ()),
        )

    def allows(self, wanted: Attributes) -> bool:
        """Whether the rule covers this request."""
        return (
            (self.namespace is None or self.namespace == wanted.namespace)
            and _covers(self.verbs, wanted.verb)
            and _covers(self.api_groups, wanted.group)
            and self._covers_resource(wanted)
            and (not self.names or wanted.name in self.names)
        )

    def _covers_resource(self, wanted: Attributes) -> bool:
        if _covers(self.resources, wanted.rule_resource):
            return True
        return bool(wanted.subresource) and f"*/{wanted.subresource}" in self.resources

    def review(self) -> JsonObject:
        """The rule as SelfSubjectRulesReview shows it."""
        shown: JsonObject = {
            "verbs": list(self.verbs),
            "apiGroups": list(self.api_groups),
            "resources": list(self.resources),
        }
        return shown | ({"resourceNames": list(self.names)} if self.names else {})


def _covers(granted: Iterable[str], wanted: str) -> bool:
    return any(entry in ("*", wanted) for entry in granted)


EVERYTHING = Rule(None, ("*",), ("*",), ("*",))

# What system:basic-user and system:discovery grant to everybody with a valid token.
_SELF_REVIEWS = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}


class Access:
    """The cluster's users, their tokens and their rules."""

    def __init__(self) -> None:
        self._by_token: dict[str, User] = {}
        self._rules: dict[str, tuple[Rule, ...]] = {}

    def add(
        self,
        name: str,
        rules: Sequence[Mapping[str, Any]] | None,
        token: str | None = None,
        groups: tuple[str, ...] = (),
        audiences: tuple[str, ...] = (),
    ) -> User:
        """Add a user; without rules they may do nothing but ask what they may do."""
        token = token or secrets.token_urlsafe(24)
        groups = (*groups, "system:authenticated")
        user = User(name, token, new_uid(), audiences or (AUDIENCE,), groups)
        self._by_token[token] = user
        self._rules[name] = tuple(Rule.of(rule) for rule in rules or ())
        return user

    def issue(self, user: User, audiences: tuple[str, ...]) -> User:
        """The same user with one more token, which is good for ``audiences`` alone."""
        again = replace(user, token=secrets.token_urlsafe(24), audiences=audiences)
        self._by_token[again.token] = again
        return again

    def expire(self, token: str) -> None:
        """From now on ``token`` is nobody's."""
        self._by_token.pop(token, None)

    def add_admin(self, name: str) -> User:
        """Add a cluster-admin."""
        user = self.add(name, None, groups=("system:masters",))
        self._rules[name] = (EVERYTHING,)
        return user

    def by_token(self, token: str) -> User | None:
        """The user of a token, for TokenReview."""
        return self._by_token.get(token)

    def authenticate(self, authorization: str | None) -> User:
        """The caller of a request; no header is the anonymous user, a bad token is 401."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        user = self._by_token.get(token.strip())
        if scheme.lower() != "bearer" or user is None or AUDIENCE not in user.audiences:
            raise Unauthorized
        return user

    def allows(self, user: User, wanted: Attributes) -> bool:
        """Whether RBAC lets the user do this."""
        if user is not ANONYMOUS and wanted.resource in _SELF_REVIEWS and wanted.verb == "create":
            return True
        return any(rule.allows(wanted) for rule in self._rules.get(user.name, ()))

    def require(self, user: User, wanted: Attributes) -> None:
        """Raise ``Forbidden`` in the API server's words unless the user may do this."""
        if not self.allows(user, wanted):
            raise forbidden(user, wanted)

    def rules_in(self, user: User, namespace: str) -> list[Rule]:
        """The rules that hold for a user in a namespace."""
        rules = self._rules.get(user.name, ())
        return [rule for rule in rules if rule.namespace in (None, namespace)]


def forbidden(user: User, wanted: Attributes) -> Forbidden:
    """The 403 for a request, worded as the real server's."""
    qualified = f"{wanted.resource}.{wanted.group}" if wanted.group else wanted.resource
    subject = f'{qualified} "{wanted.name}"' if wanted.name else qualified
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    details: JsonObject = {"name": wanted.name} if wanted.name else {}
    if wanted.group:
        details["group"] = wanted.group
    return Forbidden(
        f'{subject} is forbidden: User "{user.name}" cannot {wanted.verb} resource '
        f'"{wanted.rule_resource}" in API group "{wanted.group}" {where}',
        details | {"kind": wanted.resource},
    )


def forbidden_path(user: User, verb: str, path: str) -> Forbidden:
    """The 403 for a path that is no resource, such as ``/metrics``."""
    return Forbidden(f'forbidden: User "{user.name}" cannot {verb} path "{path}"', {})
