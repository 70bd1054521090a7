"""Changes as values: rights, rules and the key of seals come together or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.settings import check, load, why_no_changes
from tests.helm.changes import APPROVALS, CHANGING
from tests.helm.chart import Refused, Rendered, render

OURS = {"config": {"store": {"url": "redis://store:6379/0"}}}
SEALED = {"enabled": True, "existingSecret": "seal", "key": "key"}


def written(rendered: Rendered, folder: Path) -> Path:
    """The files of the ConfigMap; the path of bot.yaml."""
    for name, text in rendered.one("ConfigMap")["data"].items():
        (folder / name).write_text(text)
    return folder / "bot.yaml"


def test_the_rules_reach_the_bot_as_they_were_said(tmp_path: Path) -> None:
    people = {"alice@example.com": "U0123456789"}
    section = {"audit_channel": "C0123456789", "identity_cluster": "main", "people": people}
    rendered = render({**CHANGING, "config": {"changes": section}})
    file = written(rendered, tmp_path)
    assert check(file, None, ["restart-agent"]) == []
    settings = load(file, {})
    assert settings.approval_rules is not None
    (rule,) = settings.approval_rules.rules
    assert (rule.name, rule.place) == ("the network team", "approvals.yaml:2")
    assert settings.changes.model_dump().items() >= section.items()
    assert why_no_changes(settings) == ""
    mounts = {mount["mountPath"] for mount in rendered.pod["containers"][0]["volumeMounts"]}
    assert "/etc/cilium-oncall/approvals.yaml" in mounts
    assert "Changes are on" in rendered.notes


def test_changed_rules_mean_new_pods() -> None:
    def digest(values: dict[str, Any]) -> str:
        template = render(values).one("Deployment")["spec"]["template"]
        found: str = template["metadata"]["annotations"]["cilium-oncall/config-sha256"]
        return found

    other = {"rules": [{**APPROVALS["rules"][0], "name": "others"}]}
    assert digest(CHANGING) == digest(CHANGING)
    assert digest(CHANGING) != digest({**CHANGING, "approvals": other})


def test_the_key_of_seals_is_a_file_of_the_named_secret(tmp_path: Path) -> None:
    rendered = render({**CHANGING, **OURS, "changes": SEALED})
    bot = rendered.pod["containers"][0]
    environment = {entry["name"]: entry["value"] for entry in bot["env"]}
    assert environment["SEAL_KEY_FILE"] == "/etc/cilium-oncall/seal/key"
    assert {"name": "seal", "secret": {"secretName": "seal", "defaultMode": 0o440}} in (
        rendered.pod["volumes"]
    )
    assert "/etc/cilium-oncall/seal" in {mount["mountPath"] for mount in bot["volumeMounts"]}
    assert rendered.all("Secret") == []
    assert "--from-file=key=seal-key.txt" in rendered.notes
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    settings = load(written(rendered, tmp_path), {"SEAL_KEY_FILE": str(tmp_path / "key")})
    assert why_no_changes(settings) == ""


def test_a_bot_that_only_reads_is_given_no_key() -> None:
    rendered = render({"changes": {"enabled": False, "existingSecret": "seal"}})
    assert "seal" not in str(rendered.pod)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"changes": {"enabled": True}}, "nobody could approve a change"),
        ({"approvals": APPROVALS}, "set changes.enabled=true"),
        ({"config": {"approvals": "mine.yaml"}}, "set changes.enabled=true"),
        ({**CHANGING, "config": {"approvals": "mine.yaml"}}, "are both given"),
        ({**CHANGING, **OURS}, "changes.existingSecret: with config.store.url"),
        ({"changes": {"enabled": "yes"}}, "'/changes/enabled': got string, want boolean"),
        ({"changes": {"enabled": True, "sealKey": "x"}}, "additional properties 'sealKey'"),
        ({"config": {"changes": {"people": {"a": "bob"}}}}, "'/config/changes/people/a'"),
    ],
    ids=str,
)
def test_half_of_it_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Refused) as caught:
        render(values)
    assert complaint in str(caught.value)


def test_a_file_of_your_own_will_do() -> None:
    values = {"changes": {"enabled": True}, "config": {"approvals": "/mine/approvals.yaml"}}
    rendered = render(values)
    assert "approvals: /mine/approvals.yaml" in rendered.bot_yaml
    assert set(rendered.one("ConfigMap")["data"]) == {"bot.yaml"}
