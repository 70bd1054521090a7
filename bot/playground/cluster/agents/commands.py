"""Commands in the agent's container: what each prints and how it exits."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import msgspec

from . import configuration, endpoint_list, health, status
from .view import AgentView


@dataclass(frozen=True)
class Output:
    """What a finished command leaves behind."""

    stdout: bytes = b""
    stderr: bytes = b""
    code: int = 0


class NotInPath(Exception):
    """The container has no such program."""

    def __init__(self, program: str) -> None:
        super().__init__(program)
        self.program = program


def run(view: AgentView, argv: list[str]) -> Output:
    """Run one command; ``NotInPath`` when its program is missing from the image.

    The agent's client is called ``cilium`` up to 1.14 and ``cilium-dbg`` with a ``cilium``
    symlink since.
    """
    program, arguments = argv[0], argv[1:]
    clients = {"cilium"} if view.release.minor < 15 else {"cilium", "cilium-dbg"}
    if view.machine.stuck and program in {*clients, "cilium-health"}:
        return _no_socket(program, arguments)
    if program in clients:
        output = _client("cilium" if view.release.minor < 15 else "cilium-dbg", view, arguments)
    elif program == "cilium-health":
        output = _health(view, arguments)
    else:
        raise NotInPath(program)
    if view.machine.torn_output and _wants_json(arguments):
        return Output(output.stdout[: len(output.stdout) * 3 // 5], output.stderr, output.code)
    return output


def _no_socket(program: str, arguments: list[str]) -> Output:
    """The agent opens its sockets at the end of its start; until then its clients say this."""
    if "--brief" in arguments:
        return Output(b"", b"cilium: daemon unreachable\n", 1)
    socket = "health" if program == "cilium-health" else "cilium"
    path = "v1beta/status" if program == "cilium-health" else "v1/healthz"
    told = (
        f'Get "http://localhost/{path}": dial unix /var/run/cilium/{socket}.sock: connect: '
        "connection refused\nIs the agent running?\n"
    )
    return Output(b"", told.encode(), 1)


def _wants_json(arguments: list[str]) -> bool:
    pairs = itertools.pairwise(arguments)
    return any(a in ("-o", "--output") and b == "json" for a, b in pairs) or any(
        argument in ("-ojson", "-o=json", "--output=json") for argument in arguments
    )


def _words(arguments: list[str]) -> tuple[str, ...]:
    """The subcommand path: everything before the first flag."""
    words = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return tuple(words)


def _client(name: str, view: AgentView, arguments: list[str]) -> Output:
    words, as_json = _words(arguments), _wants_json(arguments)
    match words:
        case ("status",):
            return _status(view, arguments, as_json)
        case ("endpoint", "list"):
            if as_json:
                return _json(endpoint_list.endpoints(view))
            return Output(endpoint_list.table(view).encode())
        case ("node", "list") if as_json:
            return _json(status.node_list(view))
        case ("config",):
            return _config(view, as_json, read_only={"-r", "--read-only"} & {*arguments})
        case ("version",):
            return _version(view, as_json)
        case _:
            unknown = words[0] if words else ""
            return Output(b"", f'Error: unknown command "{unknown}" for "{name}"\n'.encode(), 1)


def _status(view: AgentView, arguments: list[str], as_json: bool) -> Output:
    if as_json:
        return _json(status.response(view, all_nodes="--all-nodes" in arguments))
    if "--brief" in arguments:
        line, code = status.brief(view)
        return Output(line.encode(), b"", code)
    verbose = "--verbose" in arguments or "--all-controllers" in arguments
    text, code = status.text(view, all_controllers=verbose)
    return Output(text.encode(), b"", code)


def _health(view: AgentView, arguments: list[str]) -> Output:
    if _words(arguments) != ("status",):
        words = _words(arguments)
        unknown = words[0] if words else ""
        return Output(b"", f'Error: unknown command "{unknown}" for "cilium-health"\n'.encode(), 1)
    if _wants_json(arguments):
        return Output(health.report(view))
    return Output(health.text(view, succinct="--succinct" in arguments).encode())


def _config(view: AgentView, as_json: bool, *, read_only: set[str]) -> Output:
    """The daemon's configuration, as it was when its pod was made: with ``--read-only`` by Go field
    names, else by the keys of cilium-config (simplified)."""
    if as_json:
        return _json(configuration.fields(view.config_at_start) if read_only else view.config)
    return Output("".join(f"{key:<45}: {value}\n" for key, value in view.config.items()).encode())


def _version(view: AgentView, as_json: bool) -> Output:
    release = view.release
    line = f"{release.version} {view.revision} 2026-01-13T10:12:41+00:00 go version go1.24.11"
    if as_json:
        details = {"ciliumVersion": f"{line} linux/amd64", "Version": release.version}
        return _json({"Client": details, "Daemon": details})
    return Output(f"Client: {line} linux/amd64\nDaemon: {line} linux/amd64\n".encode())


def _json(value: Any) -> Output:
    """Indented by two, as the real command prints it."""
    return Output(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
