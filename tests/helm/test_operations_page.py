"""docs/operations.md says what the code and the chart do."""

from __future__ import annotations

import re
from typing import Any

import yaml

from bot.clients.kubernetes.permissions import ALL, Role
from tests.helm.chart import CHART, ROOT, render

PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_the_table_of_rights_is_the_list_in_the_code() -> None:
    cells = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in PAGE.splitlines()]
    roles = {str(role) for role in Role}
    rows = [tuple(row) for row in cells if row and row[0] in roles]
    expected = {
        (
            str(permission.role),
            "cluster" if permission.role.is_cluster_wide else "Cilium's namespace",
            ".".join(part for part in (permission.resource, permission.group) if part),
            ", ".join(permission.verbs),
            ", ".join(permission.names),
        )
        for permission in ALL
    }
    assert set(rows) == expected
    assert len(rows) == len(expected)


def test_its_values_are_accepted() -> None:
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S)]
    assert len(examples) == 5
    by_socket, first, store, further, changing = examples
    render(first)
    rendered = render({**first, **by_socket})
    names = {entry["name"] for entry in rendered.pod["containers"][0]["env"]}
    assert names == {"SLACK_BOT_TOKEN_FILE", "SLACK_APP_TOKEN_FILE"}
    render(store)
    render({**further, "cilium": first["cilium"]})
    rendered = render({**changing, "cilium": first["cilium"]})
    assert f"create secret generic {changing['changes']['existingSecret']} " in PAGE
    names = {entry["name"] for entry in rendered.pod["containers"][0]["env"]}
    assert "SEAL_KEY_FILE" in names


def test_every_value_it_names_exists() -> None:
    defaults: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    named = set(
        re.findall(
            r"`((?:rbac|changes|helm|config|slack|kubeconfig|cilium|image)\.[A-Za-z_.]+)", PAGE
        )
    )
    assert "rbac.exec.enabled" in named
    for path in named:
        value: Any = defaults
        for part in path.split("."):
            value = value[part]


def test_the_first_installation_needs_what_the_chart_needs() -> None:
    slack = render().pod["volumes"]
    secret = next(volume for volume in slack if volume["name"] == "slack")["secret"]["secretName"]
    assert f"create secret generic {secret} " in PAGE
    for entry in render().pod["containers"][0]["env"]:
        assert f"--from-file={entry['name'].removesuffix('_FILE')}=" in PAGE
