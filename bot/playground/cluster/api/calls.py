"""One request, read the way the API server's RequestInfo resolver reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.access import Attributes, User
from bot.playground.cluster.errors import BadRequest, PageNotFound
from bot.playground.cluster.kinds import BY_PATH, GROUP_VERSIONS, Kind
from bot.playground.cluster.ledger import Outcome
from bot.playground.cluster.selectors import Selection, parse_fields, parse_labels

from . import protobuf

JsonObject = dict[str, Any]

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch"}
REVIEWS = frozenset(
    {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews", "tokenreviews"}
)


@dataclass(frozen=True)
class Path:
    """A resource path taken apart. ``tail`` is what follows a proxy subresource."""

    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    tail: str = ""


def parse_path(path: str) -> Path:
    """Read ``/api/v1/...`` or ``/apis/<group>/<version>/...``; else ``PageNotFound``."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise PageNotFound
    if (group, version) not in GROUP_VERSIONS:
        raise PageNotFound
    namespace = ""
    # /namespaces/x is a namespace; /namespaces/x/pods is something in it.
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource, *tail = [*rest, "", ""][: max(3, len(rest))]
    return Path(group, version, resource, namespace, name, subresource, "/".join(tail))


@dataclass
class Call:
    """One authenticated request for a resource."""

    request: web.BaseRequest
    user: User
    path: Path
    body: JsonObject | list[Any] | None = None
    raw: bytes = b""
    outcome: Outcome = field(default_factory=Outcome)
    _selection: Selection | None = field(default=None, repr=False)

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters."""
        return self.request.query

    @property
    def kind(self) -> Kind:
        """The kind served at the path; ``PageNotFound`` when there is none."""
        kind = BY_PATH.get((self.path.group, self.path.version, self.path.resource))
        if kind is None:
            raise PageNotFound
        return kind

    @property
    def is_watch(self) -> bool:
        """Whether a collection is asked for as a stream."""
        return self.flag("watch")

    @property
    def verb(self) -> str:
        """The RBAC verb."""
        method = self.request.method
        if method == "DELETE":
            return "delete" if self.path.name else "deletecollection"
        if method in ("GET", "HEAD") and not self.path.name:
            return "watch" if self.is_watch else "list"
        return _VERBS.get(method, method.lower())

    @property
    def attributes(self) -> Attributes:
        """What an authorizer judges."""
        path = self.path
        name = path.name
        if path.subresource == "proxy":
            name = pod_and_port(name)[0]
        elif not name and path.resource not in REVIEWS and self.verb != "create":
            name = self.selection.name or ""
        return Attributes(
            self.verb, path.group, path.resource, path.subresource, path.namespace, name
        )

    @property
    def selection(self) -> Selection:
        """The label and field selectors; ``BadRequest`` when they cannot be understood."""
        if self._selection is None:
            self._selection = Selection(
                parse_labels(self.query.get("labelSelector", "")),
                parse_fields(
                    self.query.get("fieldSelector", ""), self.path.resource, self.path.group
                ),
            )
        return self._selection

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be stored (query parameter, or in DeleteOptions)."""
        options = self.body if isinstance(self.body, dict) else {}
        inner = options.get("deleteOptions") or {}
        asked = [*self.request.query.getall("dryRun", [])]
        if self.request.method == "DELETE":
            asked += options.get("dryRun") or []
        asked += inner.get("dryRun") or []
        for value in asked:
            if value != "All":
                raise BadRequest(f'Invalid value: "{value}": supported values: "All"')
        return bool(asked)

    @property
    def manager(self) -> str:
        """The field manager: asked for, or the client's program name."""
        agent = self.user_agent or "unknown"
        return self.query.get("fieldManager") or agent.partition("/")[0]

    @property
    def user_agent(self) -> str:
        """What the client calls itself."""
        return self.request.headers.get("User-Agent", "")

    def flag(self, name: str) -> bool:
        """A boolean query parameter."""
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str) -> int | None:
        """A whole-number query parameter; ``BadRequest`` when it is none."""
        text = self.query.get(name)
        if text is None or text == "":
            return None
        try:
            return int(text)
        except ValueError:
            raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None

    async def read_body(self) -> None:
        """Read and decode the request's body, if there is one."""
        self.raw = await self.request.read()
        if not self.raw:
            return
        if self.request.content_type == protobuf.CONTENT_TYPE:
            self.body = protobuf.decode(self.raw)
            return
        try:
            self.body = msgspec.json.decode(self.raw)
        except msgspec.DecodeError as error:
            raise BadRequest(
                f"the object provided is unrecognized (must be of type {self.path.resource}): "
                f"couldn't get version/kind; json parse error: {error}"
            ) from None

    def object_body(self) -> JsonObject:
        """The body as an object; ``BadRequest`` when it is none."""
        if not isinstance(self.body, dict):
            raise BadRequest("the object provided is unrecognized: expected a JSON object")
        return self.body


def pod_and_port(name: str) -> tuple[str, str]:
    """Take ``http:cilium-abcde:9962`` apart: (pod, port); the scheme is ignored."""
    parts = name.split(":")
    if len(parts) == 3:
        return parts[1], parts[2]
    return parts[0], parts[1] if len(parts) == 2 else ""


def json_response(body: bytes, status: int = 200) -> web.Response:
    """A JSON answer from bytes that are already encoded."""
    return web.Response(body=body, status=status, content_type="application/json")
