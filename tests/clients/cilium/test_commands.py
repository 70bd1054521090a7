import pytest

from bot.clients.cilium.commands import TABLE, Command, invocation
from bot.clients.cilium.versions import agent_tool, is_newer_than_known, minor_of, version_of


def test_the_table_is_closed_and_has_no_shell() -> None:
    assert len(TABLE) == len({(row.container, row.argv) for row in TABLE})
    for row in TABLE:
        assert row.argv[0] in ("cilium", "cilium-dbg", "cilium-health")
        assert all(
            word.isprintable() and not set(word) & set(" ;|&$`<>(){}\"'\\*") for word in row.argv
        )


@pytest.mark.parametrize("command", list(Command))
@pytest.mark.parametrize("tool", ["cilium", "cilium-dbg"])
def test_every_command_has_a_row_for_both_names_of_the_tool(command: Command, tool: str) -> None:
    row = invocation(command, tool)
    assert row in TABLE
    assert row.argv[0] == (tool if command is not Command.HEALTH else "cilium-health")


def test_a_tool_outside_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        invocation(Command.STATUS, "sh")


@pytest.mark.parametrize(
    ("image", "version", "tool"),
    [
        ("quay.io/cilium/cilium:v1.14.19", "1.14.19", "cilium"),
        ("quay.io/cilium/cilium:v1.18.6@sha256:" + "0" * 64, "1.18.6", "cilium-dbg"),
        ("registry:5000/cilium/cilium:v1.20.0-rc.1", "1.20.0-rc.1", "cilium-dbg"),
        ("localhost/cilium:latest", "", "cilium-dbg"),
        ("quay.io/cilium/cilium@sha256:" + "0" * 64, "", "cilium-dbg"),
        ("", "", "cilium-dbg"),
    ],
)
def test_versions_and_tools(image: str, version: str, tool: str) -> None:
    assert (version_of(image), agent_tool(image)) == (version, tool)


def test_versions_that_are_newer_than_we_know() -> None:
    assert is_newer_than_known("x:v1.21.0")
    assert not is_newer_than_known("x:v1.20.3")
    assert not is_newer_than_known("x:latest")
    assert minor_of("x:v2.0.1") == (2, 0)
