"""Values as pairs, and manifests as objects."""

from __future__ import annotations

import pytest

from bot.clients.helm.flat import Difference, differences, flattened
from bot.clients.helm.manifest import objects_of
from bot.model.errors import Malformed


def test_values_become_pairs() -> None:
    values = {"a": {"b": 1, "c": {"d": True}}, "list": [1, {"x": "y"}], "empty": {}, "none": None}
    assert flattened(values) == {
        "a.b": "1",
        "a.c.d": "true",
        "list": '[1,{"x":"y"}]',
        "empty": "{}",
        "none": "null",
    }
    assert flattened({"a.b": {"c": "text"}}) == {r"a\.b.c": "text"}


def test_differences_name_both_sides() -> None:
    found = differences({"a": "1", "b": "2", "same": "x"}, {"b": "3", "c": "", "same": "x"})
    assert found == (
        Difference("a", "1", None),
        Difference("b", "2", "3"),
        Difference("c", None, ""),
    )
    assert [str(one) for one in found] == ["a: 1 -> not set", "b: 2 -> 3", 'c: not set -> ""']


def test_a_manifest_taken_apart() -> None:
    manifest = "---\nkind: A\nmetadata: {name: x}\n---\n# nothing\n---\n[1]\n---\nkind: B\n"
    assert list(objects_of(manifest)) == [("A", "x")]
    assert objects_of("") == {}


@pytest.mark.parametrize("manifest", ["a: [", "kind: !!python/object:os.system {}", "\x00"])
def test_what_is_no_yaml(manifest: str) -> None:
    with pytest.raises(Malformed):
        objects_of(manifest)
