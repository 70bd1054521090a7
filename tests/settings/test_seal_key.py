"""The seal key: given, made once beside the embedded store, or missing with a reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.approval import ApprovalRules
from bot.model.errors import ConfigurationError
from bot.settings import Credentials, Settings, Store
from bot.settings.seal_key import FILE, seal_key, seal_key_file, why_no_changes

KEY = "0123456789abcdef" * 4
GIVEN = Credentials(seal_key=SecretStr(KEY))
OURS = Store(url="redis://store:6379/0")


def embedded(folder: Path) -> Settings:
    return Settings(store=Store(folder=folder))


def test_a_key_that_is_given_counts_with_every_store(tmp_path: Path) -> None:
    for store in (OURS, Store(folder=tmp_path / "store")):
        settings = Settings(credentials=GIVEN, store=store)
        assert seal_key(settings) == KEY.encode()
        assert seal_key_file(settings) is None
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_others_without_a_key_has_none() -> None:
    assert seal_key(Settings(store=OURS)) is None


def test_beside_the_embedded_store_one_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "store"
    first = seal_key(embedded(folder))
    assert first is not None
    assert len(first) >= 32
    assert seal_key(embedded(folder)) == first
    assert seal_key(embedded(tmp_path / "other")) != first
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert seal_key_file(embedded(folder)) == folder / FILE


def test_of_bots_that_begin_together_all_have_the_same(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from bot.settings import Settings, Store\n"
        "from bot.settings.seal_key import seal_key\n"
        "sys.stdin.read()\n"
        "print(seal_key(Settings(store=Store(folder=pathlib.Path(sys.argv[1])))))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "store")]
    bots = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for bot in bots:  # closing what they read lets each of them go on
        assert bot.stdin is not None
        bot.stdin.close()
        bot.stdin = None
    said = {bot.communicate(timeout=30)[0] for bot in bots}
    assert len(said) == 1
    assert said != {""}


def test_a_group_may_read_it_because_volumes_do_that_and_others_may_not(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    key = seal_key(settings)
    (tmp_path / FILE).chmod(0o660)
    assert seal_key(settings) == key
    (tmp_path / FILE).chmod(0o604)
    with pytest.raises(ConfigurationError, match="every user of this machine") as caught:
        seal_key(settings)
    assert "Delete it" in caught.value.hint


def test_half_a_key_is_refused_unseen(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("hush" * 3)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(ConfigurationError, match="is not whole") as caught:
        seal_key(embedded(tmp_path))
    assert "hush" not in f"{caught.value.message}{caught.value.hint}"


def test_a_folder_that_cannot_be_used_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used: Not a directory") as caught:
        seal_key(embedded(tmp_path / "file" / "store"))
    assert "SEAL_KEY" in caught.value.hint


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(), "names no approvals file"),
        (Settings(store=OURS, credentials=GIVEN), "names no approvals file"),
        (Settings(store=OURS, approval_rules=ApprovalRules()), "openssl rand -hex 32"),
        (Settings(store=OURS, approval_rules=ApprovalRules(), credentials=GIVEN), ""),
        (Settings(approval_rules=ApprovalRules()), ""),
    ],
    ids=range(5),
)
def test_why_nothing_can_be_changed_is_said_with_what_to_do(settings: Settings, said: str) -> None:
    assert said in why_no_changes(settings)
    assert bool(said) == bool(why_no_changes(settings))
