"""The part of Go's template language that the playground's chart is written in, and no more.

``{{ .Values.a.b }}``, ``$name``, ``| quote``, ``toYaml PATH | nindent N``, ``if PATH``,
``range $key, $value := PATH`` (or ``$value`` alone), ``fail "why"``, ``end``, and ``{{-`` which
eats the space before it. Anything else is an error, not a guess. The contract suite compares with
Helm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

Scope = dict[str, Any]
_ACTION = re.compile(r"\{\{(?P<trim>-?)\s*(?P<code>.*?)\s*\}\}", re.DOTALL)
_RANGE = re.compile(r"range (?:\$(?P<key>\w+), )?\$(?P<value>\w+) := (?P<path>\S+)\Z")


class TemplateFailed(Exception):
    """The chart refuses its values (``fail``), or is written in what is not understood here."""


@dataclass
class _Block:
    """Pieces of text, expressions and blocks, under the action that opened them."""

    code: str = ""
    inside: list[str | _Output | _Block] = field(default_factory=list)


@dataclass(frozen=True)
class _Output:
    code: str


def render(template: str, scope: Scope) -> str:
    """The text that ``template`` makes of ``scope`` (``Values``, ``Chart``, ``Release``)."""
    return "".join(_render(_parse(template), scope))


def _parse(template: str) -> _Block:
    stack, position = [_Block()], 0
    for action in _ACTION.finditer(template):
        text = template[position : action.start()]
        stack[-1].inside.append(text.rstrip() if action["trim"] else text)
        position, code = action.end(), action["code"]
        if code == "end":
            stack.pop()
        elif code.startswith(("if ", "range ")):
            block = _Block(code)
            stack[-1].inside.append(block)
            stack.append(block)
        else:
            stack[-1].inside.append(_Output(code))
    stack[-1].inside.append(template[position:])
    if len(stack) != 1:
        raise TemplateFailed("an if or range without its end")
    return stack[0]


def _render(block: _Block, scope: Scope) -> Iterator[str]:
    for piece in block.inside:
        match piece:
            case str():
                yield piece
            case _Output(code):
                yield _evaluate(code, scope)
            case _Block():
                for inner in _scopes(piece.code, scope):
                    yield from _render(piece, inner)


def _scopes(code: str, scope: Scope) -> Iterator[Scope]:
    """The scopes in which a block is rendered: none or one for ``if``, one each for ``range``."""
    if code.startswith("if "):
        if _value(code.removeprefix("if "), scope):
            yield scope
        return
    match = _RANGE.match(code)
    if match is None:
        raise TemplateFailed(f"not understood here: {code}")
    over = _value(match["path"], scope) or ()
    pairs = sorted(over.items()) if isinstance(over, dict) else enumerate(over)
    for key, value in pairs:
        yield {**scope, f"${match['key']}": key, f"${match['value']}": value}


def _evaluate(code: str, scope: Scope) -> str:
    first, *filters = [part.strip() for part in code.split("|")]
    if first.startswith("fail "):
        raise TemplateFailed(first.removeprefix("fail ").strip('"'))
    if first.startswith("toYaml "):
        value = _value(first.removeprefix("toYaml "), scope)
        shown = msgspec.yaml.encode(value).decode().rstrip("\n")
    else:
        shown = _shown(_value(first, scope))
    for name, *arguments in (part.split() for part in filters):
        shown = _filter(name)(shown, *arguments)
    return shown


def _filter(name: str) -> Callable[..., str]:
    match name:
        case "quote":
            return lambda text: msgspec.json.encode(text).decode()
        case "nindent":
            return lambda text, by: (
                "\n" + "\n".join(" " * int(by) + line for line in text.splitlines())
            )
        case _:
            raise TemplateFailed(f"not understood here: {name}")


def _value(path: str, scope: Scope) -> Any:
    """What stands at ``.Values.a``, ``$.Values.a`` or ``$name``; ``None`` where nothing does."""
    if path in scope:
        return scope[path]
    first, *steps = path.removeprefix("$").removeprefix(".").split(".")
    value = scope.get(first)
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _shown(value: Any) -> str:
    """As Go prints it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
