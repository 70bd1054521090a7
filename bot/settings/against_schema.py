"""A document against a schema: what pydantic found, told by line in the words of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.model.nearest import nearest
from bot.settings.credentials import SECRETS
from bot.settings.document import Document, Place
from bot.settings.fields import Allowed
from bot.settings.problems import SECRET, Path, Problem, dotted, shown
from bot.settings.rules import Contradiction

Schema = TypeVar("Schema", bound=BaseModel)

_SECRET_WORDS = (
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "signing",
    "apikey",
    "sealkey",
)


def validated(document: Document, schema: type[Schema]) -> Schema | None:
    """The document as ``schema``, or ``None`` with every problem noted in it."""
    directory = FilePath(document.file).parent
    try:
        return schema.model_validate(document.value, context={"directory": directory})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] != "contradiction":  # told by the caller, with its line
                _tell(document, schema, detail)
        return None


def without_empty_sections(value: object, schema: type[BaseModel]) -> object:
    """A section whose lines are all comments is read by YAML as null: it is not given."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        return value
    return {
        key: section
        for key, section in value.items()
        if section is not None or key not in schema.model_fields
    }


def in_order(document: Document) -> list[Problem]:
    """The document's problems by line, each once."""
    return sorted(
        dict.fromkeys(document.problems), key=lambda problem: (problem.line, problem.column)
    )


def note_contradictions(document: Document, found: Iterable[Contradiction]) -> None:
    """Note what does not fit together, unless a part of it could not be read at all."""
    for each in found:
        if not document.is_partly_unreadable(each.path):
            document.add(
                each.path,
                each.what,
                found=each.found,
                allowed=each.allowed,
                nearest=each.nearest,
            )


def _tell(document: Document, schema: type[BaseModel], detail: ErrorDetails) -> None:
    about_key = detail["loc"][-1:] == ("[key]",)
    path: Path = detail["loc"][:-1] if about_key else detail["loc"]
    if document.is_unreadable(path):
        return
    place = document.places.get(path)
    if detail["type"] == "extra_forbidden":
        _unknown_field(document, schema, path)
    elif about_key:
        document.add(
            path, "not a valid name", allowed=_allowed(schema, path, key=True), at_key=True
        )
    else:
        found = _found(detail["input"], place)
        document.add(path, "", found=found, allowed=_allowed(schema, path))


def _unknown_field(document: Document, schema: type[BaseModel], path: Path) -> None:
    name = str(path[-1])
    if any(word in name.lower().replace("_", "") for word in _SECRET_WORDS):
        document.add(path, _belongs_elsewhere(name), at_key=True)
        return
    fields = _fields_at(schema, path[:-1])
    close = nearest(name, fields, most=1)
    document.add(
        path,
        "unknown field",
        allowed=", ".join(fields),
        nearest=close[0] if close else "",
        at_key=True,
    )


def note_secrets(document: Document) -> None:
    """A secret in the file is a problem, and then the only one told of its line."""
    for path, place in document.places.items():
        name = str(path[-1]) if path else ""
        secret = SECRET.search(name) or SECRET.search(place.written or "")
        if secret:
            document.problems = [
                problem
                for problem in document.problems
                if (problem.line, problem.field) != (place.key[0], dotted(path))
            ]
            meant = "STORE_PASSWORD" if secret["password"] else name
            document.add(path, _belongs_elsewhere(meant, secret.group()), at_key=True)


def _belongs_elsewhere(name: str, value: str = "") -> str:
    """Which variable is meant is told by the value's prefix, else by the field's name."""
    variables = [secret.variable for secret in SECRETS]
    meant = [
        *(secret.variable for secret in SECRETS if value and value.startswith(secret.prefixes)),
        *nearest(name.upper(), variables, most=1),
        *nearest(f"SLACK_{name.upper()}", variables, most=1),
    ]
    where = "" if meant[:1] in (["STORE_PASSWORD"], ["SEAL_KEY"]) else " in Slack"
    return (
        f"a secret does not belong in this file; take it out, set "
        f"{meant[0] if meant else ' or '.join(variables)} in the environment (or its name with "
        f"_FILE), and if anyone else could read the file, replace it{where}"
    )


def _found(value: object, place: Place | None) -> str:
    """The value as written and, where YAML made something else of it, what."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    written = shown(place.written if place and place.written is not None else str(value))
    if isinstance(value, bool):
        return f"{written}, which YAML reads as {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {written}"
    return written or "empty text"


def _annotation_at(schema: type[BaseModel], path: Path) -> tuple[Any, tuple[Any, ...]]:
    """The schema's type at ``path`` and its metadata; ``(None, ())`` outside the schema."""
    found: Any = schema
    metadata: tuple[Any, ...] = ()
    for part in path:
        found, metadata = _bare(found, metadata)
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(str(part))
            if field is None:
                return None, ()
            found, metadata = field.annotation, tuple(field.metadata)
        elif get_origin(found) is not None and len(get_args(found)) == 2:
            found, metadata = get_args(found)[1], ()
        elif get_origin(found) is list:
            found, metadata = get_args(found)[0], ()
        else:
            return None, ()
    return _bare(found, metadata)


def _bare(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Without ``| None`` and ``Annotated``; the metadata gathered."""
    if type(None) in get_args(annotation):
        annotation = next(arm for arm in get_args(annotation) if arm is not type(None))
    if hasattr(annotation, "__metadata__"):
        metadata = (*metadata, *annotation.__metadata__)
        annotation = annotation.__origin__
    return annotation, metadata


def _fields_at(schema: type[BaseModel], path: Path) -> list[str]:
    found, _ = _annotation_at(schema, path)
    is_section = isinstance(found, type) and issubclass(found, BaseModel)
    return list(found.model_fields) if is_section else []


def _allowed(schema: type[BaseModel], path: Path, *, key: bool = False) -> str:
    """What may stand at ``path``, in the words of the schema."""
    found, metadata = _annotation_at(schema, path[:-1] if key else path)
    if key:
        _, metadata = _bare(get_args(found)[0], ())
    for item in metadata:
        if isinstance(item, Allowed):
            return item.words
    if fields := _fields_at(schema, path):
        return f"a mapping of {', '.join(fields)}"
    return "a mapping"
