"""Values as Helm merges them: objects key by key, everything else replaced, null takes away."""

from __future__ import annotations

from typing import Any

Values = dict[str, Any]


def merged(under: Values, over: Values) -> Values:
    """``over`` laid on ``under``; neither is changed."""
    result = dict(under)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result
