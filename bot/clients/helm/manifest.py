"""A release's manifest, taken apart: which objects it says there should be."""

from __future__ import annotations

from typing import Any

from bot.model.errors import Malformed

Object = dict[str, Any]


def objects_of(manifest: str) -> dict[tuple[str, str], Object]:
    """The objects by kind and name. Raises :class:`Malformed` when it is no YAML.

    Takes 100 ms for a real chart: call it beside the event loop.
    """
    return {
        (str(document.get("kind")), str(document["metadata"].get("name"))): document
        for document in documents_of(manifest)
    }


def documents_of(manifest: str) -> list[Object]:
    """All objects in their order, namesakes in other namespaces among them. As slow, and raises."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.load_all(manifest, Loader=loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise Malformed(f"The release's manifest is no YAML: {reason}.") from None
    return [
        document
        for document in documents
        if isinstance(document, dict) and isinstance(document.get("metadata"), dict)
    ]
