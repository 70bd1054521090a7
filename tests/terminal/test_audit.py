"""``audit``: read and verified from the bot's store, beside the bot or without it."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bot.engine.changes.audit import Audit
from bot.engine.changes.seal import Seal
from bot.model.audit import AuditRecord, Event
from bot.store.audit import AuditChain
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from tests.test_cli import cilium_oncall

KEY = "k" * 40
CLUSTERS = "clusters:\n  lab:\n    context: lab\n"


@dataclass
class Kept:
    """A store with records in it, whose bot has stopped."""

    folder: Path

    def run(self, *words: str, key: str = KEY) -> tuple[int, str, str]:
        known = {"CILIUM_ONCALL_CONFIG": str(self.folder / "bot.yaml")}
        environment = known | ({"SEAL_KEY": key} if key else {})
        ended = cilium_oncall(self.folder, "audit", *words, **environment)
        assert "Traceback" not in ended.stderr
        return ended.returncode, ended.stdout, ended.stderr

    async def alter(self, number: int) -> None:
        """Have record ``number`` tell something else, as whoever can write to the store might."""
        server = EmbeddedStore(self.folder / "store")
        await server.start()
        store = Store(server.address)
        chain = AuditChain(store)
        (record,) = await chain.page(number - 1, 1)
        event = msgspec.structs.replace(record.event, who="U0EVE")
        forged = msgspec.structs.replace(record, event=event)
        encoded = chain._records.encode(forged)
        await store.read("LSET", store.key("audit"), number - 1, encoded)
        await store.close()
        await server.stop()


@pytest.fixture
async def kept(tmp_path: Path) -> Kept:
    server = EmbeddedStore(tmp_path / "store")
    await server.start()
    store = Store(server.address)
    audit = Audit(AuditChain(store), Seal(KEY.encode()))
    for number in range(1, 6):
        event = audit.event(
            Event.DECIDED, who="U0ANA", where="C0OPS", cluster="lab", detail=f"word {number}\x1b[2J"
        )
        await audit.put(event)
    await store.close()
    await server.stop()
    (tmp_path / "bot.yaml").write_text(f"{CLUSTERS}store:\n  folder: store\n")
    return Kept(tmp_path)


async def test_the_latest_are_shown(kept: Kept) -> None:
    code, out, err = kept.run("show", "--last", "2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["4", "5"]
    assert "decided" in lines[0]
    assert "U0ANA in C0OPS" in lines[0]
    assert "\x1b" not in out
    assert kept.run("show", "--change", "c-zzzzzzzzzz")[1] == "There are no such records.\n"


async def test_a_whole_chain_with_its_seals(kept: Kept) -> None:
    code, out, _ = kept.run("verify")
    assert code == 0
    assert out.startswith("✔ WHOLE  5 records, chain and seals.")


async def test_without_the_key_it_says_that_only_the_chain_was_verified(kept: Kept) -> None:
    code, out, _ = kept.run("verify", key="")
    assert code == 0
    assert "chain only: there is no SEAL_KEY here" in out
    assert not (kept.folder / "store" / "seal.key").exists(), "looking makes no key"


async def test_the_first_broken_link_is_named(kept: Kept) -> None:
    await kept.alter(3)
    for key in (KEY, ""):
        code, out, _ = kept.run("verify", key=key)
        assert code == 1
        assert out.startswith("✖ BROKEN  at record 3: Its text was altered")


async def test_another_key_breaks_the_first_seal(kept: Kept) -> None:
    code, out, _ = kept.run("verify", key="x" * 40)
    assert code == 1
    assert out.startswith("✖ BROKEN  at record 1: Its seal does not hold")


async def test_an_export_is_whole_and_for_its_owner_alone(kept: Kept) -> None:
    code, out, err = kept.run("export")
    assert code == 0
    assert "WHOLE" in err
    records = [msgspec.json.decode(line, type=AuditRecord) for line in out.splitlines()]
    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    file = kept.folder / "audit.jsonl"
    code, out, _ = kept.run("export", "--file", str(file))
    assert (code, out) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [json.loads(line)["number"] for line in file.read_text().splitlines()] == [1, 2, 3, 4, 5]
    code, _, err = kept.run("export", "--file", str(file))
    assert (code, "not there yet" in err) == (2, True)


async def test_beside_a_running_bot_its_socket_is_used(kept: Kept) -> None:
    server = EmbeddedStore(kept.folder / "store")
    await server.start()
    pid = server.pid
    try:
        assert kept.run("verify")[0] == 0
        assert server.pid == pid
    finally:
        await server.stop()


async def test_where_there_is_no_store_none_is_made(kept: Kept) -> None:
    (kept.folder / "bot.yaml").write_text(f"{CLUSTERS}store:\n  folder: elsewhere\n")
    code, _, err = kept.run("verify")
    assert code == 2
    assert "There is no store in" in err
    assert not (kept.folder / "elsewhere").exists()


async def test_a_store_of_others_that_is_away(kept: Kept) -> None:
    (kept.folder / "bot.yaml").write_text(f"{CLUSTERS}store:\n  url: redis://127.0.0.1:1/0\n")
    code, _, err = kept.run("verify")
    assert code == 3
    assert "cannot be reached" in err
