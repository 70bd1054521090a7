"""No file, however odd, crashes, explodes or goes unexplained."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import check
from bot.settings.check import examine
from bot.settings.document import Document
from bot.settings.problems import SECRET
from bot.settings.yaml_source import MOST_BYTES, MOST_VALUES, parse

from .test_check import told


def test_files_that_cannot_be_read_are_problems(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert [found.what for found in check(tmp_path / "none.yaml")] == ["no such file"]
    assert [found.what for found in check(tmp_path)] == ["not a regular file"]
    assert "cannot be read" in check(tmp_path / "file" / "bot.yaml")[0].what
    assert "cannot be read" in check(tmp_path / "nul\0.yaml")[0].what


def test_an_unreadable_file_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    assert "permissions" in check(tmp_path / "bot.yaml")[0].what


def test_anchors_and_merge_keys_work_and_own_values_win(tmp_path: Path) -> None:
    content = (
        "clusters:\n"
        "  eu: &all {kubeconfig: k, context: eu, cilium_namespace: cilium}\n"
        "  us: {<<: *all, context: us}\n"
        "  ap: {context: ap, <<: [*all]}\n"
    )
    assert told(tmp_path, content) == []
    document = Document("bot.yaml")
    parse(content, document)
    assert isinstance(document.value, dict)
    assert document.value["clusters"]["us"] == {
        "context": "us",
        "kubeconfig": "k",
        "cilium_namespace": "cilium",
    }


def bomb(levels: int, merge: bool) -> str:
    """Each level names the one before nine times."""
    lines = ["l0: &l0 {a: b}"]
    for level in range(1, levels):
        names = ", ".join([f"*l{level - 1}"] * 9)
        content = f"{{<<: [{names}]}}" if merge else f"[{names}]"
        lines.append(f"l{level}: &l{level} {content}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (bomb(20, merge=False), f"more than {MOST_VALUES} values, aliases counted at each use"),
        (bomb(20, merge=True), f"more than {MOST_VALUES} values, aliases counted at each use"),
        ("a: &a [*a]", "an alias to something that contains it"),
        ("a: &a {<<: *a}", "<< must name a mapping"),
        ("clusters:\n" + "".join(f" c{n}: {{context: 010}}\n" for n in range(12_000)), "010"),
        ("[" * (MOST_BYTES // 2), "nested more than 32 levels deep"),
        ("- " * (MOST_BYTES // 4), "nested more than 32 levels deep"),
        ("? " * (MOST_BYTES // 4), "nested more than 32 levels deep"),
    ],
    ids=[
        "aliases",
        "merges",
        "endless",
        "merge-of-itself",
        "many-mistakes",
        "brackets",
        "dashes",
        "questions",
    ],
)
def test_no_file_explodes(tmp_path: Path, content: str, what: str) -> None:
    began = time.monotonic()
    lines = told(tmp_path, content)
    assert time.monotonic() - began < 5
    assert any(what in line for line in lines), lines


PIECES = st.sampled_from(
    ["clusters", "channels", "http", ": ", ":", "\n", "  ", "- ", "{", "}", "[", "]", ",", "&a ",
     "*a", "<<", "!!int ", "!!set ", "!!timestamp ", "!x ", "?", "|", ">", "'", '"', "#", "~", "on",
     "1.10", "0x", "1:30", "2001-99-99", ".inf", "prod", "context", "in_cluster", "true", "\t", "=",
     "xoxb-1-a", "---", "...", "%YAML 1.1", "\u202e", "\ufeff", "\x85", "C0123456789", "port"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=40).map("".join)))
def test_no_content_crashes_and_no_problem_takes_two_lines(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    lines = told(folder, content)
    assert all(line.isprintable() for line in lines)
    assert not SECRET.search("\n".join(lines))
    for child in folder.iterdir():
        child.unlink()
    folder.rmdir()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["clusters", "channels", "http", "limits", "slack", "port", "deadline",
                             "deep_deadline", "context", "in_cluster", "prod", "kubeconfig", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_no_shape_crashes(tmp_path_factory: pytest.TempPathFactory, shape: object) -> None:
    folder = tmp_path_factory.mktemp("shape")
    lines = told(folder, yaml.safe_dump(shape, allow_unicode=True))
    settings, problems = examine(folder / "bot.yaml")
    assert len(problems) == len(lines)
    assert (settings is None) == bool(problems)
    (folder / "bot.yaml").unlink()
    folder.rmdir()
