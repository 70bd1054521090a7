"""Rate limits in scaled time, and faults that a test asks for."""

import asyncio
import time

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from bot.playground.slack.clock import Clock
from bot.playground.slack.limits import METHOD_RATES, POSTS_PER_CHANNEL
from bot.playground.slack.rate_limits import RateLimits


class HandClock(Clock):
    """A clock that moves by hand."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds


def passed(limits: RateLimits, method: str, channel: str = "", tries: int = 1_000) -> int:
    return sum(limits.retry_after(method, channel) == 0 for _ in range(tries))


@pytest.mark.parametrize("method", [name for name in METHOD_RATES if name != "chat.postMessage"])
def test_a_method_lets_a_burst_pass_and_then_its_rate(method: str) -> None:
    clock = HandClock()
    limits = RateLimits(clock)
    rate = METHOD_RATES[method]
    assert passed(limits, method) == rate.burst
    assert limits.retry_after(method) >= 1
    clock.seconds += 60
    assert passed(limits, method) == min(rate.burst, rate.per_minute)


def test_posts_are_limited_per_channel_and_in_total() -> None:
    clock = HandClock()
    limits = RateLimits(clock)
    assert passed(limits, "chat.postMessage", "C1") == POSTS_PER_CHANNEL.burst
    assert passed(limits, "chat.postMessage", "C2") == POSTS_PER_CHANNEL.burst
    clock.seconds += 1
    assert passed(limits, "chat.postMessage", "C1") == 1
    everywhere = sum(passed(limits, "chat.postMessage", f"C{n}", 5) for n in range(3, 100))
    assert everywhere < METHOD_RATES["chat.postMessage"].burst


def test_waiting_as_long_as_asked_is_enough() -> None:
    clock = HandClock()
    limits = RateLimits(clock)
    while not (wait := limits.retry_after("chat.update", "C1")):
        pass
    clock.seconds += wait
    assert limits.retry_after("chat.update", "C1") == 0


async def test_a_burst_of_posts_meets_429_and_scaled_time_lets_it_pass() -> None:
    async with Workspace(time_scale=20) as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        channel = workspace.channels["cilium-oncall"]
        posts = [client.chat_postMessage(channel=channel, text="x") for _ in range(50)]
        answers = await asyncio.gather(*posts, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, SlackApiError)]
        assert len(answers) > len(refused) > 0
        assert refused[0].response.status_code == 429
        assert refused[0].response["error"] == "ratelimited"
        wait = int(refused[0].response.headers["Retry-After"])
        await asyncio.sleep(wait / 20)
        await client.chat_postMessage(channel=channel, text="now")


async def test_throttles_on_request(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.throttle("auth.test", retry_after=7, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await client.auth_test()
        assert refused.value.response.headers["Retry-After"] == "7"
    await client.auth_test()
    assert [call.status for call in workspace.calls] == [429, 429, 200]


async def test_fails_on_request(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.fail("chat.postMessage", error="internal_error")
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.chat_postMessage(channel="cilium-oncall", text="x")
    assert workspace.messages("cilium-oncall") == []

    workspace.fail("chat.postMessage", status=500, done=True)
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with httpx.AsyncClient(headers=headers) as http:
        arguments = {"channel": "cilium-oncall", "text": "posted, but nobody knows"}
        answer = await http.post(workspace.api_url + "chat.postMessage", data=arguments)
    assert (answer.status_code, answer.text) == (500, "")
    assert len(workspace.messages("cilium-oncall")) == 1

    with pytest.raises(ValueError, match="name the error"):
        workspace.fail("chat.postMessage")


async def test_delays_on_request_and_heals(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.delay("auth.test", 0.2)
    started = time.monotonic()
    await client.auth_test()
    assert time.monotonic() - started >= 0.2
    workspace.throttle("auth.test")
    workspace.heal()
    started = time.monotonic()
    await client.auth_test()
    assert time.monotonic() - started < 0.2
