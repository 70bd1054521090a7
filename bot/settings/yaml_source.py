"""YAML text to plain values with positions; whatever YAML would change silently is a problem.

PyYAML's own loader lets the last of two equal keys win, reads ``on`` as true, ``1.10`` as 1.1,
``010`` as 8 and ``1:30`` as 90 (YAML 1.1). Here each of these is refused with its line. Anchors,
aliases and merge keys work within a budget, so that no file can grow in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import yaml

from bot.settings.document import Document, Place
from bot.settings.problems import Path, Problem, dotted, shown

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml reads the same, only slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MOST_BYTES = 1024 * 1024
MOST_VALUES = 50_000
DEEPEST = 32

_TAG = "tag:yaml.org,2002:"
_PLAIN_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_TAGS = frozenset({"map", "seq", "str", "null", "bool", "float", "int", "timestamp"})
_TRUE = frozenset({"yes", "true", "on"})


def read(path: FilePath) -> Document:
    """Read the file; never raises for what is in it, or for a file that is not there."""
    document = Document(file=str(path))
    text = _text(path, document)
    if text is not None:
        parse(text, document)
    return document


def parse(text: str, document: Document) -> None:
    """Fill ``document`` from ``text``; problems are noted in it."""
    try:
        _refuse_depth(text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(document.file, text, error))
        document.lose(())
        return
    if root is not None:
        document.value = _Walk(document).whole(root)


def _text(path: FilePath, document: Document) -> str | None:
    """The file's text, or ``None`` with a problem noted."""
    try:
        if path.exists() and not path.is_file():
            raise IsADirectoryError
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) <= MOST_BYTES:
            return content.decode("utf-8-sig")
        what = f"larger than {MOST_BYTES // 1024} KiB; a configuration file is far smaller"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8 text (byte {error.start + 1}, line {line}); save it as UTF-8"
    except FileNotFoundError:
        what = "no such file"
    except IsADirectoryError:
        what = "not a regular file"
    except PermissionError:
        what = "not readable by this user; check the file's permissions"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the file's name
        what = f"cannot be read: {shown(str(error))}"
    document.lose(())
    document.problems.append(Problem(document.file, 0, 0, "", what))
    return None


class _TooDeep(yaml.MarkedYAMLError):
    """Nested beyond :data:`DEEPEST`."""

    def __init__(self, mark: Any) -> None:  # PyYAML's two parsers have a mark class each
        super().__init__(problem=f"nested more than {DEEPEST} levels deep", problem_mark=mark)


class _TooMany(Exception):
    """The budget of values is spent."""


def _refuse_depth(text: str) -> None:
    """Raise before composing, which recurses in C and would take the process down."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _TooDeep(event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    line, column, what = 1, 1, "not YAML"
    if isinstance(error, yaml.MarkedYAMLError):
        if mark := error.problem_mark or error.context_mark:
            line, column = mark.line + 1, mark.column + 1
        what = error.problem or error.context or what
        if "\\t" in what or "'\t'" in what:
            what = "a tab where YAML wants spaces"
        elif "an alias" in (error.context or ""):
            what = "a * without quotes means an alias; write '*'"
    elif isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        what = "a control character"
    return Problem(file, line, column, "", f"not valid YAML: {shown(what)}")


class _Walk:
    """One pass over the composed nodes: plain values out, places and problems noted."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = MOST_VALUES

    def whole(self, root: yaml.Node) -> object:
        """The document's value, or ``None`` when it has too many, aliases counted at each use."""
        self._document.places[()] = Place(_start(root), _start(root))
        try:
            return self._value(root, ())
        except _TooMany:
            self._document.lose(())
            self._document.add((), f"more than {MOST_VALUES} values, aliases counted at each use")
            return None

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooMany

    def _value(self, node: yaml.Node, path: Path) -> object:
        self._spend()
        if len(path) > DEEPEST:  # only an alias to something that contains it gets here
            return self._unreadable(path, "an alias to something that contains it")
        if not node.tag.startswith(_TAG) or node.tag.removeprefix(_TAG) not in _TAGS:
            return self._unreadable(path, f"the tag {shown(node.tag)} has no meaning here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _item(self, node: yaml.Node, path: Path) -> object:
        self._document.places[path] = _place(node, node)
        return self._value(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        value: dict[str, object] = {}
        for key_node, value_node in self._merged(node, path, 0):
            if (key := self._key(key_node, path)) is not None and key not in value:
                self._document.places[(*path, key)] = _place(key_node, value_node)
                value[key] = self._value(value_node, (*path, key))
        return value

    def _merged(
        self, node: yaml.MappingNode, path: Path, depth: int
    ) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """A mapping's own entries, then those of its ``<<`` sources, which never win."""
        sources: list[yaml.Node] = []
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                many = isinstance(value_node, yaml.SequenceNode)
                sources += value_node.value if many else [value_node]
                continue
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                self._duplicate((*path, key), key_node, seen[key])
                continue
            if key is not None:
                seen[key] = _start(key_node)[0]
            self._spend()
            yield key_node, value_node
        for source in sources:
            self._spend()
            if isinstance(source, yaml.MappingNode) and depth < DEEPEST:
                yield from self._merged(source, path, depth + 1)
            else:
                self._document.add(path, "<< must name a mapping", at_key=True)

    def _duplicate(self, path: Path, key_node: yaml.Node, first: int) -> None:
        line, column = _start(key_node)
        what = f"given twice; the first is on line {first}"
        self._document.problems.append(
            Problem(self._document.file, line, column, dotted(path), what)
        )

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        """A key as text; ``None`` with a problem where YAML would not read it as text."""
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str":
            return str(node.value)
        line, column = _start(node)
        if isinstance(node, yaml.ScalarNode):
            path = (*path, node.value or "(nothing)")
            what = f"YAML does not read this key as text but as {_kind(node)}; put it in quotes"
        else:
            what = "a key must be text"
        self._document.problems.append(
            Problem(self._document.file, line, column, dotted(path), what)
        )
        return None

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        written = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "str":
                return written
            case "null":
                return None
            case "bool":
                return written.lower() in _TRUE
            case "float":
                return self._float(written, path)
            case "int":
                if _PLAIN_INTEGER.match(written):
                    return int(written)
                what = (
                    f"{shown(written)} is not a plain decimal number, and YAML reads it as another"
                )
                return self._unreadable(path, f"{what}; write it plainly, or in quotes as text")
            case _:
                return self._unreadable(path, f"YAML reads {shown(written)} as a date; quote it")

    def _float(self, written: str, path: Path) -> object:
        try:
            return float(written)
        except ValueError:  # 1:30.5, 1_000.0, .inf
            return self._unreadable(path, f"{shown(written)} is not a plain number; quote it")

    def _unreadable(self, path: Path, what: str) -> object:
        """Note the problem; the value stands as ``None``."""
        self._document.lose(path)
        self._document.add(path, what)
        return None


def _start(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _place(key: yaml.Node, value: yaml.Node) -> Place:
    written = str(value.value) if isinstance(value, yaml.ScalarNode) else None
    return Place(_start(key), _start(value), written)


def _kind(node: yaml.ScalarNode) -> str:
    kinds = {
        "bool": "true or false",
        "int": "a number",
        "float": "a number",
        "null": "nothing",
        "timestamp": "a date",
    }
    return kinds.get(node.tag.removeprefix(_TAG), f"something of its own ({shown(node.tag)})")
