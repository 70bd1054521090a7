"""A door on a real HTTP server and a local Slack workspace, over the real engine and store."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from bot.authoring import NodeName, Report, Run, runbook
from bot.engine.executor import Executor
from bot.engine.registry import Registry, remedy_of
from bot.model.approval import ApprovalRule, Approvers
from bot.model.change import Change, ChangeState, Word
from bot.model.report import RemedyOffer
from bot.playground.slack import Workspace
from bot.playground.slack.records import Ack, Message
from bot.slack.changes.buttons import action_of
from bot.slack.door import SlackDoor
from tests.engine.changes.house import RULE, Deletes, Engine, Smashes, Wipes
from tests.slack.reports import CRASH_LOOP, FAILED, OK

HERE = "cilium-oncall"
ELSEWHERE = "network-approvals"
CLUSTER = "prod"
APPROVERS = "S0PLAYAPPROVE"
BEN, ZOE = "U0PLAYBEN01", "U0PLAYZOE01"

BY_BEN: ApprovalRule = msgspec.structs.replace(
    RULE,
    approvers=Approvers(groups=frozenset([APPROVERS])),
    second=Approvers(users=frozenset([ZOE])),
)
OFFERING = msgspec.structs.replace(
    FAILED,
    findings=(
        msgspec.structs.replace(CRASH_LOOP, remedies=(RemedyOffer("delete", {"node": "node-1"}),)),
        *FAILED.findings[1:],
    ),
)


@runbook("status")
async def status(run: Run, node: NodeName | None = None) -> Report:
    """Health of the agents."""
    return OFFERING if node is None else OK


def registry() -> Registry:
    """A runbook that offers a remedy, and the remedies of the engine's own tests."""
    module = ModuleType(__name__)
    vars(module)["status"] = status
    return Registry(Registry.of([module]), [remedy_of(one) for one in (Deletes, Smashes, Wipes)])


def shown(message: Message) -> str:
    """All of a message."""
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


@dataclass
class House:
    """Everything at hand."""

    door: SlackDoor
    executor: Executor
    engine: Engine
    workspace: Workspace
    url: str
    http: aiohttp.ClientSession

    async def ask(
        self, text: str = "delete node-1", *, user: str = "ana", channel: str = HERE
    ) -> Change:
        """Type a command and find the change that came of it."""
        known = {one.id for one in await self.engine.changes.recent()}
        await self.workspace.command("/cilium", text, user=user, channel=channel)
        async with asyncio.timeout(5):
            while True:
                for one in await self.engine.changes.recent():
                    if one.id not in known:
                        return one
                await asyncio.sleep(0.01)

    async def seen(
        self, word: str, *, channel: str = HERE, but: Callable[[Message], bool] = lambda _: False
    ) -> Message:
        """Wait for a message that everybody sees, with ``word`` in it."""

        def found(there: list[Message]) -> Message | None:
            own = (m for m in there if m.bot and not m.ephemeral_to and not but(m))
            return next((m for m in own if word in shown(m)), None)

        return await self.workspace.wait_for(found, channel=channel)

    async def told(self, word: str, *, user: str = "ana", channel: str = HERE) -> Message:
        """Wait for something with ``word`` that ``user`` alone sees."""
        who = self.workspace.users[user]

        def found(there: list[Message]) -> Message | None:
            own = (m for m in there if m.ephemeral_to == who)
            return next((m for m in own if word in shown(m)), None)

        return await self.workspace.wait_for(found, channel=channel)

    async def direct(self, word: str, *, user: str = "ben") -> Message:
        """Wait for a direct message with ``word``."""
        async with asyncio.timeout(8):
            while True:
                for message in self.workspace.direct_messages(user):
                    if word in shown(message):
                        return message
                await asyncio.sleep(0.02)

    async def press(self, message: Message, word: Word, *, user: str = "ben") -> Ack:
        """Press a word's button as it stands in a message now."""
        ack = await self.workspace.click(message, action_of(word), user=user)
        assert (ack.status, ack.error) == (200, None)
        return ack

    async def until(self, change: Change, *states: ChangeState, within: float = 10.0) -> Change:
        """Wait until a change is in one of ``states``."""
        async with asyncio.timeout(within):
            while True:
                now = await self.engine.changes.get(change.id)
                if now is not None and now.state in states:
                    return now
                await asyncio.sleep(0.01)

    def clicked(self, message: Message, word: Word, *, user: str = "ben", **changes: Any) -> bytes:
        """The body of a press, with parts of it as no client of Slack's would send them."""
        block = next(b for b in message.blocks if b.get("block_id", "").startswith("change"))
        action = next(e for e in block["elements"] if e["action_id"] == action_of(word))
        pressed = {
            "type": "button",
            "block_id": block["block_id"],
            "action_id": action["action_id"],
            "value": action["value"],
            "action_ts": "1.2",
        }
        payload = {
            "type": "block_actions",
            "user": {"id": self.workspace.users[user], "username": user},
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
            },
            "channel": {"id": message.channel},
            "response_url": "",
            "trigger_id": secrets.token_hex(8),
            "actions": [{**pressed, **changes}],
        }
        return urlencode({"payload": json.dumps(payload)}).encode()

    async def send(self, body: bytes, *, timestamp: str = "", signature: str = "") -> int:
        """A request as Slack signs it, unless told to sign it otherwise."""
        timestamp = timestamp or str(int(time.time()))
        base = b"v0:" + timestamp.encode() + b":" + body
        secret = self.workspace.signing_secret.encode()
        made = "v0=" + hmac.new(secret, base, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or made,
        }
        async with self.http.post(self.url, data=body, headers=headers) as response:
            return response.status
