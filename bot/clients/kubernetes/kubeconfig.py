"""Kubeconfig files as kubectl reads them: which there are, and what one context means.

Of several files the first that says something wins, the current context included; relative paths
are relative to the file they stand in. Source: client-go ``clientcmd``, loading rules.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.model.errors import ConfigurationError
from bot.model.nearest import did_you_mean, quoted

_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_CHECK = "Compare with `kubectl config view`."


@dataclass(frozen=True, slots=True)
class Target:
    """What one context means: its cluster and its user, with every path made absolute."""

    context: str
    cluster: dict[str, Any]
    user: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """A kubeconfig with nothing but this context."""
        return {
            "clusters": [{"name": "it", "cluster": self.cluster}],
            "users": [{"name": "it", "user": self.user}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }


def read_target(kubeconfig: Path | None, context: str | None) -> Target:
    """What ``context`` (else the current one) of ``kubeconfig`` (else the default) means.

    Raises :class:`ConfigurationError` naming the file, what is wrong with it and what to do.
    """
    read = _Files(kubeconfig)
    name = context or read.current()
    found = read.entry("contexts", name)
    if found is None:
        known = read.names("contexts")
        raise ConfigurationError(
            f"There is no context {quoted(name)} in {read.first}.",
            hint=did_you_mean(name, known)
            or (f"It has: {', '.join(known[:10])}." if known else "It has no contexts at all."),
        )
    cluster = read.named_by(name, found, "cluster")
    if cluster is None:
        raise ConfigurationError(f"Context {name} of {read.first} names no cluster.", hint=_CHECK)
    _must_be_url(str(cluster.get("server") or ""), f"context {name} in {read.first}")
    return Target(name, cluster, read.named_by(name, found, "user") or {})


def _must_be_url(server: str, of: str) -> None:
    try:
        parts = urlsplit(server)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no port
        usable = False
    if usable and parts.username is not None:
        raise ConfigurationError(
            f"The server of {of} has a user name in it.", hint="Credentials belong under users."
        )
    if not usable:
        raise ConfigurationError(
            f"The server of {of} is no URL: {quoted(server)}.",
            hint="It should read https://HOST:PORT.",
        )


def context_name(kubeconfig: Path | None, context: str | None) -> str:
    """The context that is meant, by name. Raises :class:`ConfigurationError`."""
    return context or _Files(kubeconfig).current()


class _Files:
    """The kubeconfig files there are, read."""

    def __init__(self, kubeconfig: Path | None) -> None:
        paths = _existing(kubeconfig)
        self.first = paths[0]
        self._documents = [(path, _document(path)) for path in paths]

    def current(self) -> str:
        """The current context's name."""
        for _, document in self._documents:
            if document.get("current-context"):
                return str(document["current-context"])
        raise ConfigurationError(
            f"No context is current in {self.first}.",
            hint="Pass --context, or choose one with `kubectl config use-context`.",
        )

    def names(self, kind: str) -> list[str]:
        """The names of all ``clusters``, ``users`` or ``contexts``."""
        return list(dict.fromkeys(name for _, name, _ in self._entries(kind)))

    def entry(self, kind: str, wanted: str) -> dict[str, Any] | None:
        """The first of ``kind`` called ``wanted``, with absolute paths."""
        for path, name, found in self._entries(kind):
            if name == wanted:
                return _absolute(found, path.absolute().parent)
        return None

    def named_by(self, context: str, content: dict[str, Any], kind: str) -> dict[str, Any] | None:
        """The cluster or user that a context names; ``None`` when it names none."""
        name = str(content.get(kind) or "")
        if not name:
            return None
        found = self.entry(f"{kind}s", name)
        if found is None:
            raise ConfigurationError(
                f"Context {context} of {self.first} names the {kind} {quoted(name)}, "
                "which is not there.",
                hint=did_you_mean(name, self.names(f"{kind}s")) or _CHECK,
            )
        return found

    def _entries(self, kind: str) -> Iterator[tuple[Path, str, dict[str, Any]]]:
        for path, document in self._documents:
            listed = document.get(kind)
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, dict) and "name" in item:
                    content = item.get(kind.removesuffix("s"))
                    yield path, str(item["name"]), content if isinstance(content, dict) else {}


def _existing(kubeconfig: Path | None) -> list[Path]:
    """The files to read, as kubectl finds them: named, else $KUBECONFIG, else ~/.kube/config."""
    if kubeconfig is not None:
        named = [kubeconfig.expanduser()]
        hint = "Check the path, or set KUBECONFIG."
    elif os.environ.get("KUBECONFIG"):
        named = [Path(path) for path in os.environ["KUBECONFIG"].split(os.pathsep) if path]
        hint = "It is named by the KUBECONFIG variable."
    else:
        named = [Path.home() / ".kube" / "config"]
        hint = "Pass --kubeconfig, set KUBECONFIG, or try `cilium-oncall demo`."
    existing = [path for path in named if path.is_file()]
    if not existing:
        missing = named[0] if named else Path(os.environ["KUBECONFIG"])
        raise ConfigurationError(f"There is no kubeconfig at {missing}.", hint=hint)
    return existing


def _document(path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"Cannot read the kubeconfig {path}: {error.strerror}.", hint="Check who may read it."
        ) from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise ConfigurationError(f"The kubeconfig {path} is not YAML{line}.", hint=_CHECK) from None
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path} is not a kubeconfig: it has neither clusters nor contexts.",
            hint="Check the path, or set KUBECONFIG.",
        )
    return document


def _absolute(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    made = {key: value for key, value in content.items() if value is not None}
    for key in _PATHS:
        if isinstance(made.get(key), str) and made[key]:
            made[key] = str(folder / made[key])
    plugin = made.get("exec")
    if isinstance(plugin, dict):
        command = str(plugin.get("command") or "")
        if os.sep in command:
            made["exec"] = {**plugin, "command": str(folder / command)}
    return made
