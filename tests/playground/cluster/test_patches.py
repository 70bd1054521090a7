"""The three merging patch forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.cluster.errors import Invalid
from bot.playground.cluster.patches import json_patch, merge, strategic_merge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=4), JSON, max_size=4)


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [  # the examples of RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    assert merge(target, patch) == expected


@given(OBJECTS, OBJECTS)
def test_merging_twice_is_merging_once(target: Any, patch: Any) -> None:
    once = merge(target, patch)

    assert merge(once, patch) == once


def test_strategic_merge_changes_a_container_by_its_name() -> None:
    target = {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b"}]}}

    patched = strategic_merge(target, {"spec": {"containers": [{"name": "a", "image": "a:2"}]}})

    assert patched["spec"]["containers"] == [{"name": "a", "image": "a:2"}, {"name": "b"}]
    assert target["spec"]["containers"][0]["image"] == "a:1"


def test_strategic_merge_deletes_and_replaces_by_directive() -> None:
    target = {"containers": [{"name": "a"}, {"name": "b"}], "strategy": {"type": "x", "old": 1}}

    patched = strategic_merge(
        target,
        {
            "containers": [{"name": "a", "$patch": "delete"}],
            "strategy": {"$patch": "replace", "type": "y"},
        },
    )

    assert patched == {"containers": [{"name": "b"}], "strategy": {"type": "y"}}


def test_strategic_merge_replaces_taints_as_a_whole() -> None:
    patched = strategic_merge({"taints": [{"key": "a"}]}, {"taints": [{"key": "b"}]})

    assert patched == {"taints": [{"key": "b"}]}


def test_json_patch_carries_out_its_operations_in_order() -> None:
    patched = json_patch(
        {"a": {"b~/c": 1}, "list": [1, 2]},
        [
            {"op": "test", "path": "/a/b~0~1c", "value": 1},
            {"op": "add", "path": "/list/-", "value": 3},
            {"op": "add", "path": "/list/0", "value": 0},
            {"op": "move", "from": "/a", "path": "/moved"},
            {"op": "copy", "from": "/list", "path": "/copy"},
            {"op": "remove", "path": "/list/1"},
            {"op": "replace", "path": "/moved/b~0~1c", "value": 2},
        ],
    )

    assert patched == {"moved": {"b~/c": 2}, "list": [0, 2, 3], "copy": [0, 1, 2, 3]}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/k", "value": "other"},
        {"op": "remove", "path": "/absent"},
        {"op": "replace", "path": "/absent", "value": 1},
        {"op": "add", "path": "/absent/deeper", "value": 1},
        {"op": "add", "path": "/list/7", "value": 1},
        {"op": "dance", "path": "/k"},
    ],
)
def test_a_json_patch_that_cannot_be_applied_is_refused(operation: Any) -> None:
    with pytest.raises(Invalid):
        json_patch({"k": "v", "list": []}, [operation])
