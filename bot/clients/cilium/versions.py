"""What differs between Cilium versions, in one place.

Sources: facts on the in-pod tools (1.14 ``cilium``; 1.15 and later ``cilium-dbg`` with a
``cilium`` symlink kept, #28085, #32348); release inventory of November 2026.
"""

from __future__ import annotations

import re

NEWEST_KNOWN = (1, 20)
_TAG = re.compile(r":v?(?P<version>(?P<major>\d+)\.(?P<minor>\d+)\.\d+[0-9A-Za-z.-]*)(?:@|\Z)")


def version_of(image: str) -> str:
    """``1.18.6`` from an image reference, or empty when its tag is no version."""
    match = _TAG.search(image)
    return match["version"] if match else ""


def minor_of(image: str) -> tuple[int, int] | None:
    """``(1, 18)`` from an image reference, or ``None``."""
    match = _TAG.search(image)
    return (int(match["major"]), int(match["minor"])) if match else None


def is_newer_than_known(image: str) -> bool:
    """Whether the bot must say that it reads this version as far as it can."""
    minor = minor_of(image)
    return minor is not None and minor > NEWEST_KNOWN


def agent_tool(image: str) -> str:
    """The agent's own command-line tool: the name to try first."""
    minor = minor_of(image)
    return "cilium" if minor is not None and minor <= (1, 14) else "cilium-dbg"


def other_tool(tool: str) -> str:
    """The name to try when the first does not exist."""
    return "cilium" if tool == "cilium-dbg" else "cilium-dbg"
