"""Asking by a form instead of typing: opened at once, filled in when the cluster has answered.

Slack gives three seconds to open a modal and three to answer a submission, so nothing is asked of a
cluster before the form stands, and little before a submission is answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
from slack_bolt.async_app import AsyncAck

from bot.engine.executor import Executor
from bot.engine.grammar import parse
from bot.engine.grammar import words as split
from bot.engine.resolve import resolve_names
from bot.model.errors import ClientError, UsageError
from bot.model.names import natural
from bot.slack import form, limits, messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.help import by_need, overview
from bot.slack.mrkdwn import plain
from bot.slack.outbox import Outbox
from bot.slack.webapi import Declined, OpenView

logger = logging.getLogger(__name__)

NODES_WITHIN = 2.0
"""Seconds to wait for node names; then one may be typed."""
NAMES_WITHIN = 1.5
"""Seconds to look up a typed name before a submission is answered; then the run itself tells."""
_OUTDATED = frozenset(["hash_conflict", "not_found"])
"""Somebody changed or closed the form meanwhile."""


class Views(Protocol):
    """What of Slack's Web API is needed here."""

    async def open_view(self, trigger: str, view: form.View) -> OpenView:
        """Open a modal."""

    async def update_view(self, opened: OpenView, view: form.View) -> OpenView:
        """Show something else in a modal that nobody changed meanwhile."""


class Asking:
    """The form of one door. ``channels`` binds Slack channel ids to cluster names."""

    def __init__(
        self,
        executor: Executor,
        channels: Mapping[str, str],
        views: Views,
        outbox: Outbox,
        take: Callable[[Asked], Awaitable[Message | None]],
    ) -> None:
        self._executor = executor
        self._channels = channels
        self._views = views
        self._outbox = outbox
        self._take = take

    async def open(self, asked: Asked) -> None:
        """Show the form to whoever asked; when Slack will not, the commands to type."""
        chosen = self._first_choice(asked)
        if chosen is None:
            self._tell(asked, overview(self._executor.registry))
            return
        try:
            opened = await self._views.open_view(asked.trigger, self._view(asked, chosen))
        except ClientError as error:
            logger.warning("the form could not be opened: %s", error.message)
            self._tell(asked, messages.no_form(error, overview(self._executor.registry)))
            return
        await self._fill_in(opened, asked, chosen)

    async def on_change(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Another command or cluster was chosen: other fields."""
        await ack()
        shown = body["view"]
        opened = OpenView(id=str(shown["id"]), hash=str(shown["hash"]))
        known = self._known(shown)
        if known is None:
            await self._show(opened, form.notice(messages.FORM_OUTDATED))
            return
        memory, chosen = known
        asked = _asked(memory, body)
        opened = await self._show(opened, self._view(asked, chosen)) or opened
        await self._fill_in(opened, asked, chosen)

    async def on_submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Start the run, or say by field what is wrong."""
        shown = body["view"]
        known = self._known(shown)
        if known is None:
            outdated = form.notice(messages.FORM_OUTDATED)
            await ack(response_action="update", view=outdated)
            return
        memory, chosen = known
        asked = _asked(memory, body)
        if (chosen.runbook.name, chosen.cluster) != (memory.command, memory.cluster):
            # Pressed before the fields of what was just chosen were there.
            await ack(response_action="update", view=self._view(asked, chosen))
            return
        words = form.words(shown, chosen.runbook, chosen.cluster)
        if isinstance(words, str):
            words = await self._resolvable(words, chosen) or words
        if isinstance(words, dict):
            await ack(response_action="errors", errors=_cut(words))
            return
        said = await self._take(msgspec.structs.replace(asked, text=words))
        if said is None:
            await ack()
        else:
            await ack(response_action="errors", errors=_cut({form.COMMAND: said.text}))

    def _first_choice(self, asked: Asked) -> form.Chosen | None:
        """What people need most, on the channel's cluster; ``None`` when there is nothing."""
        first, rest = by_need(self._executor.registry)
        runbooks, clusters = [*first, *rest], sorted(self._executor.clusters)
        if not runbooks or not clusters:
            return None
        only = clusters[0] if len(clusters) == 1 else ""
        return form.Chosen(runbook=runbooks[0], cluster=self._channels.get(asked.channel) or only)

    def _known(self, shown: Mapping[str, Any]) -> tuple[form.Memory, form.Chosen] | None:
        """What a form remembers and what is chosen in it; ``None`` for one that is none of ours,
        or of a bot that knew other commands and clusters."""
        try:
            memory = form.memory_of(shown)
            command = form.picked(shown, form.COMMAND) or memory.command
            cluster = form.picked(shown, form.CLUSTER) or memory.cluster
            return memory, form.Chosen(
                runbook=self._executor.registry.get(command),
                cluster=self._executor.choose_cluster(cluster) if cluster else "",
            )
        except (UsageError, msgspec.MsgspecError) as error:
            logger.warning("a form cannot be read: %s", error)
            return None

    async def _fill_in(self, opened: OpenView, asked: Asked, chosen: form.Chosen) -> None:
        """Ask the cluster what there is to choose from, if anything of it is in the form."""
        if chosen.waits_for_nodes and chosen.cluster:
            filled = msgspec.structs.replace(chosen, nodes=await self._nodes(chosen.cluster))
            await self._show(opened, self._view(asked, filled))

    async def _nodes(self, cluster: str) -> tuple[str, ...]:
        """Names to choose from; none when the cluster does not say in time."""
        try:
            async with asyncio.timeout(NODES_WITHIN):
                names = await self._executor.clusters[cluster].reads.node_names()
                return tuple(sorted(names, key=natural))
        except (ClientError, TimeoutError) as error:
            logger.info("a form goes without the nodes of %s: %r", cluster, error)
            return ()

    async def _show(self, opened: OpenView, view: form.View) -> OpenView | None:
        try:
            return await self._views.update_view(opened, view)
        except ClientError as error:
            if not isinstance(error, Declined) or error.reason not in _OUTDATED:
                logger.warning("a form could not be filled in: %s", error.message)
            return None

    async def _resolvable(self, words: str, chosen: form.Chosen) -> dict[str, str] | None:
        """What is wrong with a typed node, by field, if that is known in time."""
        fields = form.node_fields(chosen.runbook, chosen.cluster)
        command = parse(self._executor.registry, split(words))
        cluster = self._executor.clusters[chosen.cluster]
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                await resolve_names(chosen.runbook, command.parameters, cluster)
        except UsageError as error:
            return dict.fromkeys(fields[:1], str(error))
        except TimeoutError:
            return None
        return None

    def _view(self, asked: Asked, chosen: form.Chosen) -> form.View:
        clusters = sorted(self._executor.clusters)
        return form.view(self._executor.registry, clusters, asked, chosen)

    def _tell(self, asked: Asked, message: Message) -> None:
        self._outbox.private(asked.private, message, asked.once("form"))


def _asked(memory: form.Memory, body: Mapping[str, Any]) -> Asked:
    """The request a form stands for. One form is one run, however often it is submitted."""
    return Asked(
        channel=memory.channel,
        user=str((body.get("user") or {}).get("id", "")),
        user_name=memory.user_name,
        text="",
        response_url=memory.response_url,
        thread=memory.thread,
        trigger=str((body.get("view") or {}).get("id", "")),
    )


def _cut(errors: Mapping[str, str]) -> dict[str, str]:
    return {field: plain(text, limits.FIELD_ERROR) for field, text in errors.items()}
