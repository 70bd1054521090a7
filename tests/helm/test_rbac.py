"""The chart grants what the bot asks for, role by role, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.kubernetes.permissions import ALL, Role
from tests.helm.changes import CHANGING
from tests.helm.chart import NAMESPACE, RELEASE, Refused, Rendered, render

READING = {Role.CLUSTER_READER, Role.CILIUM_READER, Role.CILIUM_EXEC}
Grant = tuple[str, str, str, tuple[str, ...]]
"""API group, resource, verb, and the names it is limited to."""


def asked(role: Role) -> set[Grant]:
    return {
        (permission.group, permission.resource, verb, permission.names)
        for permission in ALL
        if permission.role is role
        for verb in permission.verbs
    }


def granted(role: dict[str, Any]) -> set[Grant]:
    return {
        (group, resource, verb, tuple(rule.get("resourceNames", ())))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def roles(rendered: Rendered) -> dict[str, dict[str, Any]]:
    """Every role of the rendering, by the words its name ends with."""
    found = [*rendered.all("Role"), *rendered.all("ClusterRole")]
    prefix = f"{NAMESPACE}-{RELEASE}-cilium-oncall-"
    return {role["metadata"]["name"].removeprefix(prefix): role for role in found}


EVERYTHING: dict[str, Any] = {**CHANGING, "helm": {"enabled": True, "changes": True}}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_grants_exactly_what_its_permissions_say(role: Role) -> None:
    assert granted(roles(render(EVERYTHING))[role]) == asked(role)


def test_there_is_no_other_role_and_each_is_bound_to_the_bot_alone() -> None:
    rendered = render(EVERYTHING)
    assert set(roles(rendered)) == set(Role)
    bindings = [*rendered.all("RoleBinding"), *rendered.all("ClusterRoleBinding")]
    assert len(bindings) == len(Role)
    for binding in bindings:
        (role,) = [
            role
            for role in roles(rendered).values()
            if (role["kind"], role["metadata"]["name"])
            == (binding["roleRef"]["kind"], binding["roleRef"]["name"])
        ]
        assert binding["metadata"].get("namespace") == role["metadata"].get("namespace")
        assert binding["subjects"] == [
            {
                "kind": "ServiceAccount",
                "name": rendered.one("ServiceAccount")["metadata"]["name"],
                "namespace": NAMESPACE,
            }
        ]


def test_rights_on_pods_end_at_ciliums_namespace() -> None:
    changing = {**CHANGING, "helm": {"enabled": True}}
    rendered = render({"cilium": {"namespace": "cilium"}, **changing})
    assert {role["metadata"]["namespace"] for role in rendered.all("Role")} == {"cilium"}
    wide = [grant for role in rendered.all("ClusterRole") for grant in granted(role)]
    assert {resource for _, resource, _, _ in wide} == {
        *("nodes", "ciliumnodes", "pods", "tokenreviews")
    }
    assert {verb for _, resource, verb, _ in wide if resource == "pods"} == {"list"}


def test_without_changes_nothing_is_granted_that_writes() -> None:
    rendered = render()
    assert set(roles(rendered)) == READING
    verbs = {
        (resource, verb)
        for role in roles(rendered).values()
        for _, resource, verb, _ in granted(role)
        if verb not in ("get", "list")
    }
    assert verbs == {("pods/exec", "create")}
    assert "Changes are on" not in rendered.notes


def test_secrets_are_read_only_where_helm_is_switched_on() -> None:
    rendered = render()
    assert "secrets" not in str([role["rules"] for role in roles(rendered).values()])
    assert "every Secret" not in rendered.notes
    rendered = render({"helm": {"enabled": True}})
    assert set(roles(rendered)) == READING | {Role.HELM_READER}
    assert granted(roles(rendered)[Role.HELM_READER]) == {("", "secrets", "list", ())}
    assert "every Secret of kube-system" in rendered.notes


def test_what_helm_changes_is_near_to_administration_and_a_switch_of_its_own() -> None:
    own = {Role.HELM_CHANGER, Role.CLUSTER_HELM_CHANGER}
    assert not own & set(roles(render({**CHANGING, "helm": {"enabled": True}})))
    rendered = render(EVERYTHING)
    wide = granted(roles(rendered)[Role.CLUSTER_HELM_CHANGER])
    assert ("rbac.authorization.k8s.io", "clusterroles", "escalate", ()) in wide
    assert ("", "namespaces", "delete", ()) not in wide
    assert not {resource for _, resource, _, _ in wide} & {"secrets", "pods", "daemonsets"}
    assert "near to cluster-admin" in rendered.notes


@pytest.mark.parametrize(
    "values",
    [
        {**CHANGING, "helm": {"enabled": False, "changes": True}},
        {"helm": {"enabled": True, "changes": True}},
    ],
    ids=["not-read", "no-changes"],
)
def test_changing_the_release_needs_reading_it_and_changes(values: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"helm\.changes: changing the release needs"):
        render(values)


def test_no_grant_is_a_wildcard() -> None:
    for role in roles(render(EVERYTHING)).values():
        assert not any("*" in part for grant in granted(role) for part in grant[:3])


def test_exec_can_be_switched_off_as_a_whole() -> None:
    rendered = render({"rbac": {"exec": {"enabled": False}}})
    assert set(roles(rendered)) == {Role.CLUSTER_READER, Role.CILIUM_READER}
    assert "pods/exec" not in str(rendered.objects)
    assert rendered.all("ValidatingAdmissionPolicy") == []
    assert rendered.all("ValidatingAdmissionPolicyBinding") == []
    assert "Exec is off" in rendered.notes


def test_without_rbac_the_chart_grants_nothing_and_says_so() -> None:
    rendered = render({"rbac": {"create": False}})
    assert roles(rendered) == {}
    assert rendered.all("RoleBinding") == rendered.all("ClusterRoleBinding") == []
    assert len(rendered.all("ValidatingAdmissionPolicy")) == 1
    assert "rbac.create is false" in rendered.notes


def test_a_service_account_of_your_own_is_used_everywhere() -> None:
    rendered = render({"serviceAccount": {"create": False, "name": "mine"}})
    assert rendered.all("ServiceAccount") == []
    assert rendered.pod["serviceAccountName"] == "mine"
    bindings = [*rendered.all("RoleBinding"), *rendered.all("ClusterRoleBinding")]
    assert {binding["subjects"][0]["name"] for binding in bindings} == {"mine"}
    (condition,) = rendered.one("ValidatingAdmissionPolicy")["spec"]["matchConditions"]
    assert condition["expression"].endswith('"system:serviceaccount:oncall:mine"')
