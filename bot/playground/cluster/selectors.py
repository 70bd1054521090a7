"""Label and field selectors: parsing with Kubernetes' own complaints, and matching."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BadRequest
from .events import stored_path
from .names import is_label_key, is_label_value

_TOKEN = re.compile(r"\s*(==|!=|=|!|\(|\)|,|<|>|[^\s=!(),<>]+)")
_OPERATORS = {"=", "==", "!=", "!", "(", ")", ",", "<", ">"}

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Requirement:
    """One clause of a label selector; ``operator`` is in, notin, exists or !exists."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels satisfy the clause."""
        match self.operator:
            case "in":
                return labels.get(self.key) in self.values
            case "notin":
                return labels.get(self.key) not in self.values
            case "exists":
                return self.key in labels
            case _:
                return self.key not in labels


class _Tokens:
    """The selector's text, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def identifier(self) -> str:
        token = self.take()
        if token == "" or token in _OPERATORS:
            raise _unparsable(token, "identifier")
        return token

    def key(self) -> str:
        key = self.identifier()
        if not is_label_key(key):
            raise BadRequest(
                f"unable to parse requirement: <nil>: Invalid value: {_quoted(key)}: name part "
                "must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
                "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        return key


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _unparsable(found: str, expected: str) -> BadRequest:
    return BadRequest(f"unable to parse requirement: found '{found}', expected: {expected}")


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Parse ``a=b,c!=d,e in (f,g),h,!i``; raises ``BadRequest`` as the API server would."""
    tokens = _Tokens(text)
    requirements: list[Requirement] = []
    while tokens.peek():
        requirements.append(_requirement(tokens))
        if not tokens.peek():
            break
        separator = tokens.take()
        if separator != ",":
            raise _unparsable(separator, "',' or 'end of string'")
        if not tokens.peek():
            raise BadRequest(
                "unable to parse requirement: found '', expected: identifier after ','"
            )
    return tuple(requirements)


def _requirement(tokens: _Tokens) -> Requirement:
    if tokens.peek() == "!":
        tokens.take()
        return Requirement(tokens.key(), "!exists")
    key = tokens.key()
    match tokens.peek():
        case "" | ",":
            return Requirement(key, "exists")
        case "=" | "==" | "!=" as operator:
            tokens.take()
            value = "" if tokens.peek() in ("", ",") else tokens.identifier()
            return Requirement(key, "notin" if operator == "!=" else "in", _checked({value}))
        case "in" | "notin" as operator:
            tokens.take()
            return Requirement(key, operator, _checked(_value_set(tokens)))
        case other:
            raise _unparsable(other, "in, notin, =, ==, !=, gt, lt")


def _value_set(tokens: _Tokens) -> set[str]:
    opening = tokens.take()
    if opening != "(":
        raise _unparsable(opening, "'('")
    values: set[str] = set()
    while True:
        values.add("" if tokens.peek() in (",", ")") else tokens.identifier())
        match tokens.take():
            case ")":
                return values
            case ",":
                continue
            case other:
                raise _unparsable(other, "',', or ')'")


def _checked(values: set[str]) -> frozenset[str]:
    for value in values:
        if not is_label_value(value):
            raise BadRequest(
                f"unable to parse requirement: values[0][]: Invalid value: {_quoted(value)}: a "
                "valid label must be an empty string or consist of alphanumeric characters, '-', "
                "'_' or '.', and must start and end with an alphanumeric character"
            )
    return frozenset(values)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector of an object (``matchLabels``) selects these labels."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


# What each kind can be selected by; everything else is refused as the real server refuses it.
_COMMON = {"metadata.name", "metadata.namespace"}
_FIELDS: dict[str, set[str]] = {
    "pods": _COMMON
    | {
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    },
    "nodes": _COMMON | {"spec.unschedulable"},
    "namespaces": _COMMON | {"status.phase"},
    "secrets": _COMMON | {"type"},
    "replicasets": _COMMON | {"status.replicas"},
    "events": _COMMON
    | {
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
        "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    },
}  # fmt: skip


@dataclass(frozen=True)
class FieldTerm:
    """One clause of a field selector."""

    path: tuple[str, ...]
    value: str
    equal: bool

    def matches(self, thing: JsonObject) -> bool:
        """Whether the object's field has (or has not) this value; absent is ''."""
        found: Any = thing
        for step in self.path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, bool):
            text = "true" if found else "false"
        else:
            text = "" if found is None else str(found)
        return (text == self.value) is self.equal


def parse_fields(text: str, plural: str, group: str = "") -> tuple[FieldTerm, ...]:
    """Parse ``spec.nodeName=node-1,status.phase!=Running`` for one kind."""
    terms = []
    for part in filter(None, text.split(",")):
        key, operator, value = _field_clause(part)
        path = stored_path(tuple(key.split(".")), group)
        if ".".join(path) not in _FIELDS.get(plural, _COMMON):
            raise BadRequest(f"field label not supported: {key}")
        terms.append(FieldTerm(path, value, equal=operator != "!="))
    return tuple(terms)


def _field_clause(part: str) -> tuple[str, str, str]:
    for operator in ("!=", "==", "="):
        key, found, value = part.partition(operator)
        if found:
            return key, operator, value
    raise BadRequest(f"invalid selector: '{part}'; can't understand '{part}'")


@dataclass(frozen=True)
class Selection:
    """Both selectors of one request."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[FieldTerm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields)

    @property
    def name(self) -> str | None:
        """The one name a ``metadata.name=`` term asks for (it also counts for authorisation)."""
        for term in self.fields:
            if term.path == ("metadata", "name") and term.equal:
                return term.value
        return None

    @property
    def node(self) -> str | None:
        """The node a ``spec.nodeName=`` term asks for, so that an index can answer."""
        for term in self.fields:
            if term.path == ("spec", "nodeName") and term.equal and term.value:
                return term.value
        return None

    def predicate(self) -> Callable[[JsonObject], bool]:
        """A function that tells whether an object is selected."""
        requirements, terms = self.labels, self.fields

        def selected(thing: JsonObject) -> bool:
            if requirements:
                labels = thing["metadata"].get("labels") or {}
                if not all(requirement.matches(labels) for requirement in requirements):
                    return False
            return all(term.matches(thing) for term in terms)

        return selected


EVERYTHING = Selection()
