import pytest

from bot.model.report import (
    Confidence,
    Finding,
    Gap,
    Severity,
    Subject,
    Verdict,
    grouped,
    ranked,
    verdict_of,
)


def finding(
    severity: Severity, confidence: Confidence = Confidence.CERTAIN, name: str = "n"
) -> Finding:
    return Finding(
        id="x", severity=severity, confidence=confidence, subject=Subject("node", name), cause="c"
    )


@pytest.mark.parametrize(
    ("severities", "blinding", "verdict"),
    [
        ([], False, Verdict.OK),
        ([Severity.INFO], False, Verdict.OK),
        ([Severity.WARNING], False, Verdict.DEGRADED),
        ([Severity.WARNING, Severity.CRITICAL], False, Verdict.FAILED),
        ([], True, Verdict.UNKNOWN),
        ([Severity.INFO], True, Verdict.UNKNOWN),
        ([Severity.WARNING], True, Verdict.DEGRADED),
        ([Severity.CRITICAL], True, Verdict.FAILED),
    ],
)
def test_the_verdict_that_findings_and_gaps_allow(
    severities: list[Severity], blinding: bool, verdict: Verdict
) -> None:
    gaps = (Gap("agents", "silent", blinding=blinding), Gap("log", "gone"))
    assert verdict_of(tuple(map(finding, severities)), gaps) is verdict


def test_worst_first_then_surest_then_by_name() -> None:
    order = [
        finding(Severity.CRITICAL, Confidence.POSSIBLE),
        finding(Severity.WARNING, Confidence.CERTAIN, "a"),
        finding(Severity.WARNING, Confidence.CERTAIN, "b"),
        finding(Severity.WARNING, Confidence.LIKELY),
        finding(Severity.INFO),
    ]
    assert list(ranked(order[::-1])) == order


def test_gaps_of_one_reason_are_told_together() -> None:
    gaps = (Gap("node-1", "silent"), Gap("log", "gone"), Gap("node-2", "silent"))
    assert [(g.reason, subjects) for g, subjects in grouped(gaps)] == [
        ("silent", ["node-1", "node-2"]),
        ("gone", ["log"]),
    ]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (Subject("node", "node-7"), "node-7"),
        (
            Subject("deployment", "cilium-operator", "kube-system"),
            "deployment kube-system/cilium-operator",
        ),
        (Subject("nodes", "8 nodes"), "8 nodes"),
        (Subject("pod", "cart-1", "checkout"), "checkout/cart-1"),
        (Subject("cluster", "prod"), "the cluster"),
    ],
)
def test_subjects_read_as_people_say_them(subject: Subject, shown: str) -> None:
    assert str(subject) == shown
