"""What a webhook's body says, and what is said of one that cannot be read."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.payload import MOST_BYTES, read
from bot.model.alert import AlertState
from bot.model.errors import NotAllowed, OncallError, UsageError
from tests.alerts.posts import BOTH, PROD, alert, body, post, resolved

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_a_body_becomes_a_delivery() -> None:
    reading = read(body(alert(node="n-1"), resolved(node="n-2"), truncatedAlerts=3), PROD, NOW)
    delivery = reading.delivery
    assert reading.unreadable == ()
    assert (delivery.receiver, delivery.cluster, delivery.received_at) == ("prod", "prod", NOW)
    assert (delivery.state, delivery.truncated, delivery.unreadable) == ("firing", 3, 0)
    fires, ended = delivery.alerts
    assert fires.labels == {"alertname": "CiliumAgentDown", "node": "n-1"}
    assert fires.began_at == datetime(2026, 11, 22, 21, 16, 2, 975000, tzinfo=UTC)
    assert (fires.state, fires.ended_at) == (AlertState.FIRING, None)
    assert ended.ended_at == datetime(2026, 11, 22, 21, 20, tzinfo=UTC)


def test_times_of_other_zones_become_utc_and_nanoseconds_are_read() -> None:
    odd = {**alert(), "startsAt": "2026-11-22T23:16:02.975123456+02:00"}
    (read_one,) = read(body(odd), PROD, NOW).delivery.alerts
    assert read_one.began_at.utcoffset() == timedelta(0)
    assert read_one.began_at.hour == 21


def test_what_is_not_known_is_left_alone_and_a_missing_fingerprint_is_made() -> None:
    first = {**alert(node="n"), "extra": {"a": [1]}, "fingerprint": ""}
    again = {key: value for key, value in alert(node="n").items() if key != "fingerprint"}
    delivery = read(body(first, again, later={"x": 1}), PROD, NOW).delivery
    one, two = (each.fingerprint for each in delivery.alerts)
    assert one == two
    assert len(one) == 16


@pytest.mark.parametrize(("broken", "said"), [
    (None, "alerts[1]: "), ({"status": "firing", "labels": {}}, "alerts[1]: "),
    ({**alert(), "labels": 3}, "alerts[1].labels: "),
    ({**alert(), "labels": {"alertname": 1}}, "alerts[1].labels[...]: "),
    ({**alert(), "startsAt": 4}, "alerts[1].startsAt: "),
    ({**alert(), "startsAt": "yesterday"}, "alerts[1].startsAt: "),
    ({**alert(), "startsAt": "2026-11-22T21:16:02"}, "alerts[1].startsAt: "),
    ({**alert(), "startsAt": "0001-01-01T00:00:00+05:00"}, "alerts[1]: a time outside"),
    ({**alert(), "status": "on fire"}, "alerts[1].status: "),
])  # fmt: skip
def test_one_bad_alert_is_named_and_its_neighbours_are_kept(broken: Any, said: str) -> None:
    reading = read(body(alert(node="a"), broken, alert(node="c")), PROD, NOW)
    assert [each.labels["node"] for each in reading.delivery.alerts] == ["a", "c"]
    assert reading.delivery.unreadable == 1
    (sentence,) = reading.unreadable
    assert sentence.startswith(said), sentence


@pytest.mark.parametrize(("sent", "said"), [
    (b"", "The body: "), (b"{", "The body: "), (b"\xff\xfe", "The body: "), (b"[]", "The body: "),
    (b'"\\ud800"', "The body: "), (b"[" * 200_000, "The body: "),
    (body(), "alerts: it has none."), (body(3), "alerts[0]: "),
    (body(alert(), version="5"), "version: '5' is not 4"), (body(alert(), alerts=3), "alerts: "),
    (body(alert(), status="odd"), "status: "), (body(alert(), groupKey=1), "groupKey: "),
    (body(alert(), truncatedAlerts=-1), "truncatedAlerts: "),
    (body(alert(), commonLabels={"a": 1}), "commonLabels[...]: "),
    (b" " * (MOST_BYTES + 1), "The body has 4,194,305 bytes"),
])  # fmt: skip
def test_a_body_of_which_nothing_can_be_made_is_refused_by_field(sent: bytes, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(sent, PROD, NOW)
    assert refused.value.message.startswith(said), refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("value", ["x" * 5000, "\x1b[31m - at `$.version`", "a\nb"])
def test_what_the_sender_wrote_is_told_short_and_visible(value: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(body(alert(), status=value), PROD, NOW)
    (sentence,) = read(body(alert(), {**alert(), "status": value}), PROD, NOW).unreadable
    for said, field in ((refused.value.message, "status"), (sentence, "alerts[1].status")):
        assert said.startswith(f"{field}: Invalid enum value")
        assert said.isprintable()
        assert len(said) < 150


def test_deep_nesting_is_refused_with_a_sentence() -> None:
    """The parser gives up on the whole of it, before there are alerts."""
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(UsageError, match="nested too deep"):
        read(body(alert(node="a"), "DEEP").replace(b'"DEEP"', deep), PROD, NOW)


class TestCluster:
    """Of which cluster a delivery speaks is never guessed."""

    def test_of_one_is_that_one_whatever_the_labels_say(self) -> None:
        sent = body(alert(cluster="lab"), commonLabels={"cluster": "lab"})
        assert read(sent, PROD, NOW).delivery.cluster == "prod"

    @pytest.mark.parametrize("where", ["commonLabels", "groupLabels"])
    def test_of_several_is_the_one_in_the_label(self, where: str) -> None:
        sent = body(alert(), **{where: {"cluster": "lab"}})
        assert read(sent, BOTH, NOW).delivery.cluster == "lab"

    def test_without_the_label_is_an_error(self) -> None:
        with pytest.raises(UsageError, match=r"commonLabels\.cluster: it is missing.*prod, lab"):
            read(body(alert(cluster="lab")), BOTH, NOW)

    @pytest.mark.parametrize("named", ["other", "PROD", "prod ", "prod\n"])
    def test_that_a_receiver_may_not_speak_for_is_refused(self, named: str) -> None:
        with pytest.raises(NotAllowed, match="may not speak for"):
            read(body(alert(), commonLabels={"cluster": named}), BOTH, NOW)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_sentence(sent: bytes) -> None:
    with pytest.raises(OncallError):
        read(sent, BOTH, NOW)


@given(st.data())
def test_whatever_stands_in_a_field_good_alerts_are_never_lost(data: st.DataObject) -> None:
    good = [alert(node=f"n-{number}") for number in range(data.draw(st.integers(1, 4)))]
    bad = dict(alert())
    field = data.draw(st.sampled_from(sorted(bad)))
    bad[field] = data.draw(JSON)
    alerts = [*good]
    alerts.insert(data.draw(st.integers(0, len(good))), bad)
    reading = read(json.dumps(post(*alerts)).encode(), PROD, NOW)
    nodes = [each.labels["node"] for each in reading.delivery.alerts if "node" in each.labels]
    assert nodes == [each["labels"]["node"] for each in good]
    assert len(reading.delivery.alerts) + reading.delivery.unreadable == len(alerts)
    assert len(reading.unreadable) == reading.delivery.unreadable


@given(st.sampled_from(sorted(post())), JSON)
def test_whatever_stands_at_the_top_ends_in_a_delivery_or_a_sentence(
    field: str, value: Any
) -> None:
    with suppress(OncallError):
        assert read(json.dumps(post(alert(), **{field: value})).encode(), BOTH, NOW)
