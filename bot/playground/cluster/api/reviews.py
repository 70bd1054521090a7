"""Reviews: who am I, what may I do, whose token is this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.access import AUDIENCE, Attributes, User
from bot.playground.cluster.errors import BadRequest, PageNotFound
from bot.playground.cluster.world import World

from .calls import Call, json_response

JsonObject = dict[str, Any]


def review(world: World, call: Call) -> web.Response:
    """Answer one review; the request's spec is echoed, the status filled in."""
    spec = call.object_body().get("spec") or {}
    kind, metadata, status = _judge(world, call.user, call.path.resource, spec)
    body: JsonObject = {
        "kind": kind,
        "apiVersion": f"{call.path.group}/{call.path.version}",
        "metadata": metadata,
    }
    if spec:
        body["spec"] = spec
    return json_response(msgspec.json.encode(body | {"status": status}), 201)


def _judge(
    world: World, user: User, resource: str, spec: JsonObject
) -> tuple[str, JsonObject, JsonObject]:
    match resource:
        case "selfsubjectaccessreviews":
            return "SelfSubjectAccessReview", {}, _access(world, user, spec)
        case "selfsubjectrulesreviews":
            return "SelfSubjectRulesReview", {}, _rules(world, user, spec)
        case "selfsubjectreviews":
            metadata = {"creationTimestamp": world.clock.stamp()}
            return "SelfSubjectReview", metadata, {"userInfo": user.info()}
        case "tokenreviews":
            return "TokenReview", {}, _token(world, spec)
        case _:
            raise PageNotFound


def _access(world: World, user: User, spec: JsonObject) -> JsonObject:
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        return {"allowed": "system:masters" in user.groups}
    attributes = Attributes(
        verb=wanted.get("verb", ""),
        group=wanted.get("group", ""),
        resource=wanted.get("resource", ""),
        subresource=wanted.get("subresource", ""),
        namespace=wanted.get("namespace", ""),
        name=wanted.get("name", ""),
    )
    forbidden = world.api.exec_forbidden and attributes.rule_resource == "pods/exec"
    return {"allowed": world.access.allows(user, attributes) and not forbidden}


def _rules(world: World, user: User, spec: JsonObject) -> JsonObject:
    namespace = spec.get("namespace", "default")
    rules = world.access.rules_in(user, namespace)
    return {
        "resourceRules": [rule.review() for rule in rules],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/api", "/apis", "/version"]}],
        "incomplete": False,
    }


def _token(world: World, spec: JsonObject) -> JsonObject:
    """Without audiences the API server's own are asked about.

    Source: apiserver ``pkg/authentication/authenticator/audagnostic.go`` and
    ``pkg/registry/authentication/tokenreview``: a token for others is no error of the review.
    """
    if not spec.get("token"):
        raise BadRequest("token is required for TokenReview in authentication")
    user = world.access.by_token(spec["token"])
    if user is None:
        return {"user": {}, "error": "[invalid bearer token, token lookup failed]"}
    asked = spec.get("audiences") or [AUDIENCE]
    shared = [audience for audience in user.audiences if audience in asked]
    if not shared:
        mine, theirs = _quoted(user.audiences), _quoted(asked)
        said = f"token audiences {mine} is invalid for the target audiences {theirs}"
        return {"user": {}, "error": f"[invalid bearer token, {said}]"}
    return {"authenticated": True, "user": user.info(), "audiences": shared}


def _quoted(audiences: Iterable[str]) -> str:
    return "[" + " ".join(f'"{audience}"' for audience in audiences) + "]"
