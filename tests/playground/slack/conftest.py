"""A workspace, and Slack's own client on it."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace

SECRET = "playground-signing-secret"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with Workspace(signing_secret=SECRET) as started:
        yield started


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
