"""Home tabs are published once per person, within Slack's limits, whatever Slack answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bot.model.errors import ClientError, Throttled
from bot.slack.home.publisher import ATTEMPTS, EVERY, MOST_WISHES, Publisher
from bot.slack.webapi import Declined, Unconfirmed
from tests.slack.virtual_clock import VirtualClock


class Slack:
    """Takes publishes; the next ones fail as told."""

    def __init__(self, clock: VirtualClock) -> None:
        self.published: list[tuple[str, float]] = []
        self.failures: list[ClientError] = []
        self._clock = clock

    async def publish(self, person: str) -> None:
        self.published.append((person, self._clock.now))
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(now=1_000.0)


@pytest.fixture
def slack(clock: VirtualClock) -> Slack:
    return Slack(clock)


@pytest.fixture
async def publisher(slack: Slack, clock: VirtualClock) -> AsyncIterator[Publisher]:
    opened = Publisher(slack.publish, clock)
    opened.open()
    yield opened
    await opened.close()


async def test_many_wishes_are_one_publish(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    for _ in range(50):
        publisher.wish("U1", waits=True)
    await clock.advance(60)
    assert slack.published == [("U1", 1_000.0)]


async def test_news_come_at_most_every_few_seconds_and_the_last_is_not_lost(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    for _ in range(100):
        publisher.wish("U1", waits=False)
        await clock.advance(0.1)
    await clock.advance(2 * EVERY)
    times = [at for _, at in slack.published]
    assert times == pytest.approx([1_000.0, 1_003.0, 1_006.0, 1_009.0, 1_012.0])


async def test_who_clicks_does_not_wait_for_news_of_others(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    for number in range(60):
        publisher.wish(f"U{number}", waits=False)
    await clock.advance(0.01)
    publisher.wish("UANA", waits=True)
    await clock.advance(2.0)
    assert slack.published.index(("UANA", slack.published[20][1])) == 20


async def test_a_crowd_stays_within_the_limit(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    for number in range(300):
        publisher.wish(f"U{number}", waits=True)
    await clock.advance(400.0)
    per_minute = Counter(int((at - 1_000.0) // 60) for _, at in slack.published)
    assert len(slack.published) == 300
    assert max(per_minute.values()) <= 100


async def test_a_429_pauses_everybody_and_loses_nobody(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    slack.failures = [Throttled("Slack asks to wait.", retry_after=30.0)]
    publisher.wish("U1", waits=True)
    publisher.wish("U2", waits=True)
    await clock.advance(29.0)
    assert len(slack.published) == 1
    await clock.advance(5.0)
    assert sorted(person for person, _ in slack.published[1:]) == ["U1", "U2"]
    assert slack.published[1][1] == pytest.approx(1_030.0)


async def test_a_lost_reply_is_made_again_a_few_times_and_no_more(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    slack.failures = [Unconfirmed("no reply")] * 20
    publisher.wish("U1", waits=True)
    await clock.advance(600.0)
    assert len(slack.published) == ATTEMPTS + 1


async def test_what_slack_declines_is_not_repeated_and_the_log_has_the_fix(
    publisher: Publisher, slack: Slack, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    slack.failures = [Declined("views.publish", "not_enabled")]
    publisher.wish("U1", waits=True)
    await clock.advance(600.0)
    assert len(slack.published) == 1
    assert "switch the Home Tab on" in caplog.text


async def test_one_tab_that_trips_us_does_not_stop_the_others(clock: VirtualClock) -> None:
    seen: list[str] = []

    async def publish(person: str) -> None:
        seen.append(person)
        if person == "U1":
            raise KeyError(person)

    publisher = Publisher(publish, clock)
    publisher.open()
    publisher.wish("U1", waits=True)
    publisher.wish("U2", waits=True)
    await clock.advance(1.0)
    assert seen == ["U1", "U2"]
    await publisher.close()


async def test_memory_does_not_grow_with_people(
    publisher: Publisher, slack: Slack, clock: VirtualClock
) -> None:
    for number in range(3 * MOST_WISHES):
        publisher.wish(f"U{number}", waits=False)
    assert len(publisher._wishes) == MOST_WISHES
    await clock.advance(MOST_WISHES)
    assert len(slack.published) == MOST_WISHES
