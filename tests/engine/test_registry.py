from types import ModuleType

import pytest
from click.testing import CliRunner

from bot.authoring import Report, Run, runbook
from bot.cli import cli
from bot.engine.registry import Registry, runbook_of
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
