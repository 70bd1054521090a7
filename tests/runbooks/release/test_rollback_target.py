"""Which revision a rollback goes to: one row for each kind of history."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.helm.release import Revision
from runbooks.release.rollback_target import (
    NoTarget,
    Target,
    chosen_target,
    default_target,
    differs,
    without_strategy,
)
from tests.clients.helm.revisions import revision

ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
A: dict[str, Any] = {"debug": {"enabled": False}}
B: dict[str, Any] = {"debug": {"enabled": True}}


def h(*revisions: Revision) -> tuple[Revision, ...]:
    return revisions


FOUND: list[tuple[str, tuple[Revision, ...], int]] = [
    (
        "normal: one upgrade of the chart",
        h(revision(1, version="1.18.5"), revision(2, "deployed")),
        1,
    ),
    (
        "normal: values changed twice, back to the last",
        h(revision(1, values=A), revision(2, values=B), revision(3, "deployed", values=A)),
        2,
    ),
    (
        "not revision 1 and not the one before: the newest that differs",
        h(
            revision(1, version="1.18.4"),
            revision(2, version="1.18.5"),
            revision(3),
            revision(4, "deployed"),
        ),
        2,
    ),
    (
        "a failed upgrade on top: what it applied is there, so back to what is called deployed",
        h(revision(1, version="1.18.4"), revision(2, "deployed", "1.18.5"), revision(3, "failed")),
        2,
    ),
    (
        "a failed upgrade that asked for nothing else: back to what is called deployed",
        h(revision(1, version="1.18.5"), revision(2, "deployed"), revision(3, "failed")),
        2,
    ),
    (
        "failed twice",
        h(
            revision(1, version="1.18.5"),
            revision(2, "deployed"),
            revision(3, "failed", values=B),
            revision(4, "failed", "1.18.7"),
        ),
        2,
    ),
    (
        "a failed upgrade in between was never deployed",
        h(
            revision(1, version="1.18.5"),
            revision(2, "failed", "1.18.7"),
            revision(3, "deployed"),
        ),
        1,
    ),
    (
        "an upgrade that was killed and cleared stays pending in the history",
        h(
            revision(1, version="1.18.5"),
            revision(2),
            revision(3, "pending-upgrade", "1.19.1"),
            revision(4, "deployed", description="Rollback to 2"),
        ),
        1,
    ),
    (
        "a rollback chain: back from the rollback leads to what was rolled back",
        h(
            revision(1, version="1.18.5"),
            revision(2),
            revision(3, "deployed", "1.18.5", description="Rollback to 1"),
        ),
        2,
    ),
    (
        "a long rollback chain: A B A B",
        h(
            revision(1, values=A),
            revision(2, values=B),
            revision(3, values=A, description="Rollback to 1"),
            revision(4, "deployed", values=B, description="Rollback to 2"),
        ),
        3,
    ),
    (
        "OnDelete revisions of a canary in between are passed over",
        h(
            revision(1, version="1.18.5", values=A),
            revision(2, version="1.18.5", values=A | ON_DELETE),
            revision(3, values=A | ON_DELETE),
            revision(4, "deployed", values=A),
        ),
        2,
    ),
    (
        "back into an OnDelete revision when that is the newest that differs",
        h(revision(1, version="1.18.5", values=A | ON_DELETE), revision(2, "deployed", values=A)),
        1,
    ),
    (
        "envoy's strategy counts as little as the agents'",
        h(
            revision(1, version="1.18.5"),
            revision(2, values=A | {"envoy": ON_DELETE}),
            revision(3, "deployed", values=A),
        ),
        1,
    ),
    (
        "one minor back",
        h(revision(1, version="1.18.6"), revision(2, "deployed", "1.19.1")),
        1,
    ),
    (
        "deleted revisions: what is left counts",
        h(revision(17, version="1.18.5"), revision(18), revision(19, "deployed")),
        17,
    ),
]


@pytest.mark.parametrize(("what", "history", "number"), FOUND, ids=[row[0] for row in FOUND])
def test_the_target(what: str, history: tuple[Revision, ...], number: int) -> None:
    for shuffled in (history, history[::-1]):
        found = default_target(shuffled)
        assert isinstance(found, Target), found
        assert found.revision.number == number


REFUSED: list[tuple[str, tuple[Revision, ...], str, str]] = [
    ("no history", h(), "no revisions", ""),
    ("the first revision", h(revision(1, "deployed")), "No earlier revision", "Go forward"),
    (
        "only a failed upgrade before",
        h(revision(1, "failed"), revision(2, "deployed")),
        "No earlier revision was ever deployed",
        "",
    ),
    (
        "all earlier ones deleted",
        h(revision(30, "deployed")),
        "Helm has deleted those before revision 30",
        "",
    ),
    (
        "nothing but the strategy ever changed",
        h(revision(1, values=A), revision(2, "deployed", values=A | ON_DELETE)),
        "All 1 earlier revisions",
        "update strategy",
    ),
    (
        "pending",
        h(revision(1), revision(2, "deployed"), revision(3, "pending-upgrade")),
        "Revision 3 is pending-upgrade",
        "clear-pending-release",
    ),
    (
        "a pending rollback",
        h(revision(1, "deployed"), revision(2, "pending-rollback")),
        "pending-rollback",
        "clear-pending-release",
    ),
    ("uninstalled", h(revision(1, "uninstalled")), "was uninstalled", ""),
    (
        "a jump over two minors",
        h(revision(1, version="1.17.9"), revision(2, "deployed", "1.19.1")),
        "2 minors back from 1.19.1",
        "one minor at a time",
    ),
    (
        "a jump over minors: not past the newest that differs to one in reach",
        h(
            revision(1, version="1.19.0"),
            revision(2, version="1.16.3"),
            revision(3, "deployed", "1.19.1"),
        ),
        "3 minors back",
        "",
    ),
    (
        "a chart version that is none",
        h(revision(1, version="main"), revision(2, "deployed")),
        "cannot be compared",
        "",
    ),
]


@pytest.mark.parametrize(
    ("what", "history", "reason", "instead"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_the_refusal(what: str, history: tuple[Revision, ...], reason: str, instead: str) -> None:
    found = default_target(history)
    assert isinstance(found, NoTarget), found
    assert reason in found.reason
    assert instead in found.instead


def test_another_chart_is_not_rolled_back() -> None:
    other = Revision(
        release=revision(1).release, number=1, state=revision(1).state, chart="coredns",
        chart_version="1.0.0",
    )  # fmt: skip
    found = default_target((other,))
    assert isinstance(found, NoTarget)
    assert "a release of the chart coredns" in found.reason


@pytest.mark.parametrize(
    ("recorded", "number"),
    [
        (2, 2),  # what the bot recorded, although revision 3 differs and is newer
        (4, 3),  # it is what is there: the rule decides
        (9, 3),  # it is gone
        (None, 3),
    ],
)
def test_what_the_bot_recorded_is_preferred(recorded: int | None, number: int) -> None:
    history = h(
        revision(1, version="1.18.4"),
        revision(2, version="1.18.5"),
        revision(3, values=B),
        revision(4, "deployed", values=A),
    )
    found = default_target(history, before_our_change=recorded)
    assert isinstance(found, Target)
    assert found.revision.number == number
    assert found.why


CHOSEN: list[tuple[int, str]] = [
    (9, "There is no revision 9; Helm has 1 to 4"),
    (4, "Revision 4 is what is there now"),
    (2, "Revision 2 was never deployed: it is failed"),
    (1, "2 minors back"),
]


@pytest.mark.parametrize(("number", "reason"), CHOSEN)
def test_a_revision_that_is_asked_for_and_refused(number: int, reason: str) -> None:
    history = h(
        revision(1, version="1.16.1"),
        revision(2, "failed", "1.17.1"),
        revision(3, version="1.17.2"),
        revision(4, "deployed"),
    )
    found = chosen_target(history, number)
    assert isinstance(found, NoTarget)
    assert reason in found.reason


def test_how_far_back() -> None:
    history = h(revision(1, version="1.17.9"), revision(2), revision(3, "deployed", "1.18.7"))
    one, none = chosen_target(history, 1), chosen_target(history, 2)
    assert isinstance(one, Target)
    assert isinstance(none, Target)
    assert (one.minors_back, none.minors_back) == (1, 0)


def test_strategies_are_left_out_and_nothing_else() -> None:
    values = {"envoy": {"updateStrategy": {"type": "OnDelete"}}, "updateStrategy": {}, "debug": 1}
    assert without_strategy(values) == {"debug": 1}
    assert "updateStrategy" in values
    assert without_strategy({"envoy": {}}) == {"envoy": {}}
    assert differs(revision(1, values={"envoy": {}}), revision(2, values={"envoy": {"a": 1}}))
