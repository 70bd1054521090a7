from types import ModuleType
from typing import ClassVar

import pytest
from click.testing import CliRunner

from bot.authoring import (
    Acting,
    Check,
    Looking,
    NodeName,
    Plan,
    Remedy,
    Report,
    Run,
    remedy,
    runbook,
)
from bot.cli import cli
from bot.engine.registry import Registry, remedy_of, runbook_of
from bot.model.errors import ConfigurationError, UsageError
from runbooks import catalogue


def module_with(**members: object) -> ModuleType:
    module = ModuleType("own")
    for name, member in members.items():
        if callable(member):
            member.__module__ = "own"
        setattr(module, name, member)
    return module


@runbook("status")
async def one(run: Run) -> Report:
    """One."""
    raise NotImplementedError


@runbook("status")
async def other(run: Run) -> Report:
    """Other."""
    raise NotImplementedError


def test_the_decorator_only_marks() -> None:
    assert one.__name__ == "one"
    assert one.__doc__ == "One."


def test_two_of_one_name_are_an_error_at_start_that_names_both() -> None:
    with pytest.raises(ConfigurationError, match=r"own\.one and own\.other"):
        Registry.of([module_with(one=one, other=other)])


def test_what_a_module_merely_imported_does_not_count() -> None:
    async def mine(run: Run) -> Report:
        """Mine."""
        raise NotImplementedError

    own = module_with(mine=runbook("mine")(mine))
    own.catalogue = catalogue  # type: ignore[attr-defined]
    assert [runbook.name for runbook in Registry.of([own])] == ["mine"]


def test_a_runbook_without_help_is_refused() -> None:
    async def silent(run: Run) -> Report:
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match="docstring"):
        runbook_of(runbook("silent")(silent))


def test_a_parameter_that_no_grammar_knows_is_refused() -> None:
    async def odd(run: Run, what: complex) -> Report:
        """Odd."""
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match="'what' has type"):
        runbook_of(runbook("odd")(odd))


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean status"):
        Registry.of(catalogue.MODULES).get("statu")


def test_every_shipped_runbook_has_help_for_a_phone() -> None:
    for shipped in Registry.of(catalogue.MODULES):
        assert len(shipped.summary) <= 75
        assert len(shipped.usage) <= 120


class OwnEntryPoint:
    """What ``entry_points`` gives for a package that declares our group."""

    name, value = "kernels", "ourteam.kernels"

    def __init__(self, loaded: ModuleType | ImportError) -> None:
        self._loaded = loaded

    def load(self) -> ModuleType:
        if isinstance(self._loaded, ImportError):
            raise self._loaded
        return self._loaded


def test_a_teams_own_runbooks_are_commands_like_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def kernels(run: Run) -> Report:
        """Kernels of the nodes."""
        raise NotImplementedError

    own = module_with(kernels=runbook("kernels")(kernels))
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [OwnEntryPoint(own)])
    assert "kernels" in catalogue.registry()
    assert "Kernels of the nodes" in CliRunner().invoke(cli, ["--help"]).output
    assert CliRunner().invoke(cli, ["kernels", "--help"]).exit_code == 0


def test_a_teams_module_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = OwnEntryPoint(ImportError("No module named 'ourteam'"))
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [broken])
    with pytest.raises(
        ConfigurationError, match=r"kernels \(ourteam\.kernels\) cannot be imported"
    ):
        catalogue.registry()


@remedy("mend")
class Mend(Remedy):
    """Mend it."""

    node: NodeName
    verify_within: ClassVar[float] = 1.0

    async def plan(self, look: Looking) -> Plan:
        raise NotImplementedError

    async def apply(self, act: Acting) -> None:
        raise NotImplementedError

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        raise NotImplementedError


class Mends(Mend):
    """Not a remedy of its own."""


def test_remedies_stand_beside_runbooks() -> None:
    known = Registry.of([module_with(one=one, mend=Mend, mends=Mends)])
    assert [entry.name for entry in known] == ["status", "mend"]
    assert [entry.name for entry in known.runbooks] == ["status"]
    assert [entry.name for entry in known.remedies] == ["mend"]
    assert known.remedy("mend").summary == "Mend it"
    assert known.get("mend").usage == 'mend NODE [--reason "REASON"] [--incident ID]'


def test_a_remedy_and_a_runbook_of_one_name_are_an_error() -> None:
    async def mend(run: Run) -> Report:
        """Mend."""
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match=r"Mend and .*mend\."):
        Registry([remedy_of(Mend)], [runbook_of(runbook("mend")(mend))])


def test_a_remedy_without_help_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="docstring"):
        remedy_of(remedy("silent")(type("Silent", (Mend,), {"__annotations__": {}})))


def test_a_field_that_every_remedy_has_is_refused() -> None:
    @remedy("why")
    class Why(Mend):
        """Why."""

        reason: NodeName = NodeName("node-1")

    with pytest.raises(ConfigurationError, match="--reason already"):
        remedy_of(Why)


def test_no_remedy_is_a_command_of_the_terminal_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = module_with(mend=Mend)
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [OwnEntryPoint(own)])
    assert "mend" in catalogue.registry()
    assert CliRunner().invoke(cli, ["mend", "node-1"]).exit_code != 0
