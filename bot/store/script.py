"""A Lua script: one change of state, whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Script:
    """``text`` in Lua 5.1, harmless when it is run again with the same arguments.

    The store may have carried a script out although its answer was lost, so it is sent again:
    each recognises its own operation (an id among its arguments) and answers as it did before.
    """

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "digest", digest)
