"""Label and field selectors."""

from __future__ import annotations

import pytest

from bot.playground.cluster.errors import BadRequest
from bot.playground.cluster.selectors import Selection, parse_fields, parse_labels

LABELS = {"k8s-app": "cilium", "tier": "", "topology.kubernetes.io/zone": "eu-1a"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("k8s-app=cilium", True),
        ("k8s-app==cilium", True),
        ("k8s-app=envoy", False),
        ("k8s-app!=envoy", True),
        ("k8s-app!=cilium", False),
        ("absent!=anything", True),
        ("k8s-app in (cilium, kube-dns)", True),
        ("k8s-app in (kube-dns)", False),
        ("k8s-app notin (cilium)", False),
        ("absent notin (cilium)", True),
        ("k8s-app", True),
        ("absent", False),
        ("!absent", True),
        ("!k8s-app", False),
        ("tier=", True),
        ("tier=,k8s-app=cilium", True),
        ("k8s-app=cilium,topology.kubernetes.io/zone in (eu-1b)", False),
        (" k8s-app = cilium , tier ", True),
    ],
)
def test_labels_are_matched_as_kubernetes_does(text: str, selected: bool) -> None:
    matches = Selection(parse_labels(text)).predicate()

    assert matches({"metadata": {"labels": LABELS}}) is selected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("a in b", "unable to parse requirement: found 'b', expected: '('"),
        ("a in (b", "found '', expected: ',', or ')'"),
        ("a b", "found 'b', expected: in, notin"),
        ("a=b c=d", "found 'c', expected: ',' or 'end of string'"),
        ("a,", "expected: identifier after ','"),
        ("-a=b", "name part must consist of"),
        ("a=b/c", "Invalid value"),
    ],
)
def test_malformed_labels_are_refused_in_kubernetes_words(text: str, complaint: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parse_labels(text)

    assert complaint in refusal.value.message


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("spec.nodeName=node-1", True),
        ("spec.nodeName==node-2", False),
        ("spec.nodeName!=node-2,status.phase=Running", True),
        ("status.phase!=Running", False),
        ("metadata.name=p,metadata.namespace=n", True),
        ("status.nominatedNodeName=", True),
    ],
)
def test_fields_are_matched(text: str, selected: bool) -> None:
    pod = {
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running"},
    }

    assert Selection((), parse_fields(text, "pods")).predicate()(pod) is selected


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"field label not supported: spec\.nope"):
        parse_fields("spec.nope=1", "pods")
