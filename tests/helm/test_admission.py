"""The API server's copy of the closed table says the same as the bot's own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.clients.cilium.admission import expression
from bot.clients.cilium.commands import AGENT_CONTAINER, TABLE, Command, Invocation
from tests.helm.chart import CHART, NAMESPACE, RELEASE, render


def policy() -> dict[str, Any]:
    spec: dict[str, Any] = render().one("ValidatingAdmissionPolicy")["spec"]
    return spec


def rendered_expression() -> str:
    (validation,) = policy()["validations"]
    return str(validation["expression"])


def allows(cel_expression: str, options: dict[str, object]) -> bool:
    """Evaluate as the API server does; needs a CEL evaluator (common-expression-language)."""
    cel = pytest.importorskip("cel", reason="no CEL evaluator: common-expression-language")
    return bool(cel.evaluate(cel_expression, {"object": options}))


def test_the_generated_file_is_up_to_date() -> None:
    file = CHART / "files" / "exec-commands.cel"
    assert file.read_text() == f"{expression()}\n", (
        "write it again: python -m bot.clients.cilium.admission > "
        "helm/cilium-oncall/files/exec-commands.cel"
    )


def test_the_rendered_policy_has_the_generated_expression_unchanged() -> None:
    assert rendered_expression() == expression()


def test_the_lists_are_those_of_the_closed_table_and_no_other() -> None:
    text = rendered_expression()
    lists = [tuple(json.loads(found)) for found in re.findall(r'\["[^]]*\]', text)]
    assert lists == [row.argv for row in TABLE]
    containers = re.findall(r'object\.container == ("[^"]+")', text)
    assert [json.loads(name) for name in containers] == sorted({row.container for row in TABLE})
    assert "||" not in text


@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(row.argv))
def test_every_row_is_allowed(row: Invocation) -> None:
    options = {"container": row.container, "command": list(row.argv), "stdout": True}
    assert allows(rendered_expression(), options)


@pytest.mark.parametrize(
    "options",
    [
        {"container": AGENT_CONTAINER, "command": ["sh", "-c", "cilium-dbg status -o json"]},
        {"container": AGENT_CONTAINER, "command": ["cilium-dbg", "status"]},
        {"container": AGENT_CONTAINER, "command": ["cilium-dbg", "status", "-o", "json", "-v"]},
        {"container": AGENT_CONTAINER, "command": ["cilium-dbg status -o json"]},
        {"container": AGENT_CONTAINER, "command": ["cilium-dbg", "bpf", "ct", "flush", "global"]},
        {"container": AGENT_CONTAINER, "command": []},
        {"container": AGENT_CONTAINER},
        {"container": "", "command": list(TABLE[0].argv)},
        {"container": "cilium-envoy", "command": list(TABLE[0].argv)},
        {"command": list(TABLE[0].argv)},
        {},
    ],
    ids=str,
)
def test_everything_else_is_refused(options: dict[str, object]) -> None:
    assert not allows(rendered_expression(), options)


def test_each_container_has_a_list_of_its_own() -> None:
    text = expression(
        [
            Invocation(Command.STATUS, "a", ("x", 'quo"te\\')),
            Invocation(Command.STATUS, "b", ("y",)),
        ]
    )
    assert allows(text, {"container": "a", "command": ["x", 'quo"te\\']})
    assert allows(text, {"container": "b", "command": ["y"]})
    assert not allows(text, {"container": "a", "command": ["y"]})


def test_an_empty_table_refuses_everything() -> None:
    assert not allows(expression([]), {"container": "a", "command": []})


def test_the_policy_concerns_exec_by_the_bot_and_fails_closed() -> None:
    spec = policy()
    assert spec["failurePolicy"] == "Fail"
    assert spec["matchConstraints"] == {
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CONNECT"],
                "resources": ["pods/exec"],
            }
        ]
    }
    user = f"system:serviceaccount:{NAMESPACE}:{RELEASE}-cilium-oncall"
    (condition,) = spec["matchConditions"]
    assert condition["expression"] == f'request.userInfo.username == "{user}"'


def test_a_refusal_looks_like_a_missing_right() -> None:
    """The handshake of an exec carries only a status, and the client explains 403."""
    (validation,) = policy()["validations"]
    assert validation["reason"] == "Forbidden"
    assert "closed table" in validation["message"]


def test_the_policy_is_bound_and_denies() -> None:
    rendered = render()
    binding = rendered.one("ValidatingAdmissionPolicyBinding")["spec"]
    assert binding == {
        "policyName": rendered.one("ValidatingAdmissionPolicy")["metadata"]["name"],
        "validationActions": ["Deny"],
    }


def test_the_policy_alone_can_be_switched_off_and_the_notes_say_what_that_means() -> None:
    rendered = render({"rbac": {"exec": {"admissionPolicy": {"enabled": False}}}})
    assert rendered.all("ValidatingAdmissionPolicy") == []
    assert rendered.one("Role", "cilium-exec")
    assert "The admission policy is off" in rendered.notes
