"""What a plan says, as tables: bounds by the strategy, the way back, diffs without secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clients.helm.release import Revision
from bot.engine.remedy import Effect
from bot.model.plan import Risk
from runbooks.release.rendered import HIDDEN, LINES_OF_ONE, changes_between, value_lines
from runbooks.release.rollback.evidence import Seen
from runbooks.release.rollback.helm_step import WayBack, digest_of, effect_of
from runbooks.release.rollback.planning import bounds_of, plan_of
from runbooks.release.rollback_target import Target
from runbooks.release.trial import Trial, Tried
from tests.clients.helm.revisions import CILIUM, revision
from tests.runbooks.agent.restart.seeing import agent

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


def a_daemonset(strategy: dict[str, Any], image: str = "v1.18.6") -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "cilium-agent", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "cilium"},
        "spec": {"updateStrategy": strategy, "template": template},
    }


def seen(newest: Revision, then: Revision, nodes: int = 12, **strategy: Any) -> Seen:
    before, after = a_daemonset({}, "v1.18.7"), a_daemonset(strategy)
    changed = changes_between([before], [after], "kube-system")
    return Seen(
        read_at=NOW,
        cluster="prod",
        namespace="kube-system",
        history=(then, newest),
        daemonsets={},
        agents=tuple(agent(f"node-{number}") for number in range(nodes)),
        target=Target(then, newest, "it was asked for"),
        before=[before],
        after=[after],
        trial=Trial({one.identity: Tried(uid="u-1", rolls=True) for one in changed}),
    )


def planned(newest: Revision, **strategy: Any) -> Any:
    return plan_of(
        seen(newest, revision(2), **strategy), remedy="rollback", parameters={}, title="back"
    )


@pytest.mark.parametrize(
    ("nodes", "said", "most", "unavailable"),
    [
        (12, {"rollingUpdate": {"maxUnavailable": 1}}, 20, 1),
        (12, {"rollingUpdate": {"maxUnavailable": "10%"}}, 20, 2),
        (300, {"rollingUpdate": {"maxUnavailable": "5%"}}, 300, 15),
        (3, {"rollingUpdate": {"maxUnavailable": "5%"}}, 10, 1),
        (12, {"rollingUpdate": {"maxUnavailable": "odd"}}, 20, 2),
        (12, {}, 20, 2),
    ],
)
def test_bounds_follow_the_target_s_strategy(
    nodes: int, said: dict[str, Any], most: int, unavailable: int
) -> None:
    found = bounds_of(seen(revision(3, "deployed"), revision(2), nodes, **said))
    assert (found.most_nodes, found.max_unavailable) == (most, unavailable)


def test_a_node_that_joins_does_not_void_the_plan() -> None:
    one, other = (
        plan_of(
            seen(revision(3, "deployed"), revision(2), nodes),
            remedy="rollback", parameters={}, title="back",
        )
        for nodes in (12, 13)
    )  # fmt: skip
    assert one.digest == other.digest
    assert len(one.blast_radius.nodes) == 12


@pytest.mark.parametrize(
    ("newest", "risk", "undo"),
    [
        (revision(3, "deployed", "1.18.7"), Risk.GUARDED, "/cilium rollback 3"),
        (revision(3, "failed", "1.18.7"), Risk.GUARDED, "None: revision 3 is failed"),
        (revision(3, "deployed", "1.19.1"), Risk.BREAKGLASS, "/cilium rollback 3"),
        (revision(3, "deployed", "1.17.9"), Risk.BREAKGLASS, "/cilium rollback 3"),
        (revision(3, "pending-upgrade", "1.19.1"), Risk.BREAKGLASS, "None: revision 3 is pending"),
        (revision(3, "deployed", "odd"), Risk.BREAKGLASS, "/cilium rollback 3"),
    ],
)
def test_risk_and_the_way_back(newest: Revision, risk: Risk, undo: str) -> None:
    plan = planned(newest)
    assert plan.risk is risk
    assert plan.undo.startswith(undo)


def test_other_text_under_the_same_number_is_another_plan() -> None:
    one, other = (
        planned(revision(3, "deployed", manifest=manifest)) for manifest in ("a: 1", "a: 2")
    )
    assert one.digest != other.digest


def test_a_secret_is_in_no_diff_and_the_diff_is_the_same_everywhere() -> None:
    before = {"tls": {"ca": {"key": "aHVudGVyMg=="}}, "debug": {"enabled": False}}
    after = {"tls": {"ca": {"key": "c2VjcmV0"}}, "debug": {"enabled": True}}
    assert value_lines(before, after) == (
        "- debug.enabled: false",
        "+ debug.enabled: true",
        f"~ tls.ca.key: {HIDDEN}",
    )
    secret = {"kind": "Secret", "metadata": {"name": "cilium-ca"}, "data": {"ca.crt": "eA=="}}
    other = {**secret, "data": {"ca.crt": "eQ=="}}
    (changed,) = changes_between([secret], [other], "kube-system")
    assert changed.lines == (f"~ {HIDDEN}",)


def test_diffs_are_bounded_and_namesakes_in_other_namespaces_are_kept_apart() -> None:
    def config(space: str, value: str) -> dict[str, Any]:
        data = {f"option-{number}": value for number in range(40)}
        return {
            "kind": "ConfigMap", "metadata": {"name": "c", "namespace": space}, "data": data,
        }  # fmt: skip

    found = changes_between(
        [config("a", "1"), config("b", "1")], [config("a", "2"), config("b", "2")], "kube-system"
    )
    assert [one.identity.namespace for one in found] == ["a", "b"]
    assert len(found[0].lines) == LINES_OF_ONE
    assert found[0].lines[-1] == f"  and {80 - LINES_OF_ONE + 1} more lines"


def test_items_of_lists_are_told_by_name() -> None:
    (changed,) = changes_between(
        [a_daemonset({}, "v1.18.7")], [a_daemonset({}, "v1.18.6")], "kube-system"
    )
    assert changed.lines == (
        "- spec.template.spec.containers[cilium-agent].image: v1.18.7",
        "+ spec.template.spec.containers[cilium-agent].image: v1.18.6",
    )


TEXT = "kind: ConfigMap"
WAY = WayBack(CILIUM, newest=3, target=2, manifest=digest_of(TEXT))
BASE = (revision(2), revision(3, "deployed"))


def made(number: int, state: str, description: str = "Rollback to 2", text: str = TEXT) -> Revision:
    return revision(
        number, state, description=description, manifest=text, updated=NOW - timedelta(minutes=1)
    )


@pytest.mark.parametrize(
    ("history", "effect"),
    [
        (BASE, Effect.ABSENT),
        ((*BASE, made(4, "deployed")), Effect.HAPPENED),
        ((*BASE, made(4, "superseded"), revision(5, "deployed")), Effect.HAPPENED),
        ((*BASE, made(4, "pending-rollback")), Effect.UNKNOWN),
        ((*BASE, made(4, "failed", 'Rollback "cilium" failed: x')), Effect.UNKNOWN),
        ((*BASE, made(4, "pending-rollback"), made(5, "deployed")), Effect.HAPPENED),
        ((*BASE, revision(4, "deployed")), Effect.UNKNOWN),
        ((*BASE, made(4, "deployed", "Upgrade complete")), Effect.UNKNOWN),
        ((*BASE, made(4, "deployed", text="kind: Secret")), Effect.UNKNOWN),
        ((revision(2, description="Rollback to 2", manifest=TEXT), revision(3)), Effect.ABSENT),
    ],
    ids=[
        "nothing-newer", "deployed", "deployed-and-changed-since", "pending", "failed",
        "done-again", "somebody-else's", "an-upgrade-to-the-same", "another-text", "an-old-one",
    ],
)  # fmt: skip
def test_what_became_of_it_is_told_by_the_records(
    history: tuple[Revision, ...], effect: Effect
) -> None:
    assert effect_of(WAY, history) is effect
