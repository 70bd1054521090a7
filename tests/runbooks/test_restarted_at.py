"""Whose the annotation is, and the restart that a plan carries: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from bot.clients.kubernetes.field_owners import FieldOwner
from runbooks.restarted_at import RESTARTED_AT, Restart, value_of, who_puts_back
from tests.runbooks.agent.rollout.seeing import healthy
from tests.runbooks.changing import change_of


@pytest.mark.parametrize(
    ("owners", "manager"),
    [
        ((), ""),
        ((FieldOwner("kubectl-rollout", "Update"),), ""),
        ((FieldOwner("cilium-oncall", "Update"),), ""),
        ((FieldOwner("argocd-server", "Update"),), ""),  # its button, pressed by a person
        ((FieldOwner("helm", "Apply"),), "helm"),
        ((FieldOwner("helm", "Update"),), "helm"),
        ((FieldOwner("argocd-controller", "Update"),), "argocd-controller"),
        ((FieldOwner("kubectl-client-side-apply", "Update"),), "kubectl-client-side-apply"),
        ((FieldOwner("kubectl-rollout", "Update"), FieldOwner("flux", "Apply")), "flux"),
    ],
)
def test_who_would_put_another_value_back(owners: tuple[FieldOwner, ...], manager: str) -> None:
    assert who_puts_back(owners) == manager


def test_the_value_is_the_change_s_own_and_stays_so() -> None:
    at = datetime(2026, 11, 28, 3, 0, 1, 250, tzinfo=UTC)
    change = msgspec.structs.replace(change_of("it"), asked_at=at)
    assert value_of(change) == "2026-11-28T03:00:01.000250Z"
    elsewhere = at.astimezone(timezone(timedelta(hours=2)))
    assert value_of(msgspec.structs.replace(change, asked_at=elsewhere)) == value_of(change)


def test_only_that_annotation_of_that_object_is_patched() -> None:
    daemonset = healthy().daemonset
    assert daemonset is not None
    restart = Restart.of(daemonset, change_of("it"))
    assert restart.patch == {
        "metadata": {"uid": "uid-ds"},
        "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: restart.value}}}},
    }
    assert not restart.is_of(daemonset)
