"""The section of clusters: how each was when somebody last looked at all of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import messages
from bot.slack.blocks import Block, button, context, header, section
from bot.slack.dates import ago
from bot.slack.home import words
from bot.slack.home.parts import MOST_OPTIONS, beside, menu
from bot.slack.home.seen import ClusterSeen, Seen
from bot.slack.mrkdwn import bold, escape, sentence

PIN = "home.pin"
STATUS = "home.status"
MOST_CLUSTERS = 20
"""Rows; five blocks come on top."""


def clusters(seen: Seen) -> list[Block]:
    """The pinned clusters, or all when none is pinned; the menu to pin some."""
    if not seen.clusters:
        return []
    pinned = [cluster for cluster in seen.clusters if cluster.pinned]
    wanted = pinned or list(seen.clusters)
    rows, rest = wanted[:MOST_CLUSTERS], wanted[MOST_CLUSTERS:]
    blocks = [header(words.PINNED if pinned else words.CLUSTERS)]
    blocks += [_row(cluster, trouble=bool(seen.trouble)) for cluster in rows]
    if rest:
        blocks.append(context(words.MORE_CLUSTERS.format(count=len(rest))))
    if any(cluster.may_ask for cluster in rows):
        blocks.append(context(_where_answers_go(rows)))
    if len(seen.clusters) > 1:
        blocks.append(_pins(seen.clusters, pinned))
    return blocks


def _row(cluster: ClusterSeen, *, trouble: bool) -> Block:
    last = cluster.last
    if last is None:
        never = words.VERDICT_NOT_READ if trouble else words.NEVER_LOOKED
        text = f"{bold(cluster.name, 90)}\n{never}"
    else:
        verdict = messages.VERDICTS[last.verdict]
        text = f"{bold(cluster.name, 90)} · {verdict} · {ago(last.at)}\n"
        text += sentence(last.summary, 300) or "."
    if not cluster.may_ask:
        return section(text)
    return beside(text, button(words.STATUS_BUTTON, STATUS, cluster.name))


def _where_answers_go(rows: Sequence[ClusterSeen]) -> str:
    """Each place once, with its clusters where there are several places."""
    places: dict[str, list[str]] = {}
    for cluster in rows:
        if cluster.may_ask:
            places.setdefault(cluster.answers_in, []).append(cluster.name)
    lines = []
    for channel, names in places.items():
        where = words.IN_CHANNEL.format(channel=channel) if channel else words.IN_MESSAGES
        of = f" of {escape(', '.join(names), 300)}" if len(places) > 1 else ""
        lines.append(words.ANSWERS_IN.format(of=of, where=where))
    return "\n".join(lines[:5])


def _pins(offered: Sequence[ClusterSeen], pinned: Sequence[ClusterSeen]) -> Block:
    names, chosen = [c.name for c in offered], [c.name for c in pinned]
    text = words.PIN if len(names) <= MOST_OPTIONS else words.PIN_SOME.format(most=MOST_OPTIONS)
    return beside(text, menu(words.PIN_NONE, PIN, names, chosen))
