"""Access rules as values: the file the bot reads, mounted beside its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.settings import check, load
from tests.helm.chart import Refused, render

RULES: dict[str, Any] = {
    "ask": "the leads",
    "rules": [
        {
            "name": "all look",
            "allow": ["run"],
            "users": ["*"],
            "commands": ["status"],
            "clusters": ["main"],
            "channels": ["configured"],
        }
    ],
}
CHANNELS = {"config": {"channels": {"C0123456789": "main"}}}


def test_the_rules_reach_the_bot_as_they_were_said(tmp_path: Path) -> None:
    rendered = render({"access": RULES, **CHANNELS})
    for name, text in rendered.one("ConfigMap")["data"].items():
        (tmp_path / name).write_text(text)
    assert check(tmp_path / "bot.yaml", ["status"]) == []
    rules = load(tmp_path / "bot.yaml", {}).rules
    assert (rules.ask, rules.rules[0].name) == ("the leads", "all look")
    mounts = {mount["mountPath"] for mount in rendered.pod["containers"][0]["volumeMounts"]}
    assert {"/etc/cilium-oncall/bot.yaml", "/etc/cilium-oncall/access.yaml"} <= mounts


def test_without_rules_there_is_no_file_and_changed_rules_mean_new_pods() -> None:
    def digest(values: dict[str, Any]) -> str:
        template = render(values).one("Deployment")["spec"]["template"]
        found: str = template["metadata"]["annotations"]["cilium-oncall/config-sha256"]
        return found

    assert set(render().one("ConfigMap")["data"]) == {"bot.yaml"}
    other = {**RULES, "ask": "others"}
    assert len({digest({}), digest({"access": RULES}), digest({"access": other})}) == 3


def test_rules_are_kept_in_one_place() -> None:
    with pytest.raises(Refused, match="are both given"):
        render({"access": RULES, "config": {"access": "mine.yaml"}})
