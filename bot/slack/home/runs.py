"""The sections of runs: those under way, and how the last ones ended. Pure."""

from __future__ import annotations

from bot.model.names import format_duration
from bot.model.run import RunState
from bot.slack.asked import Asked
from bot.slack.blocks import Block, context, header, section
from bot.slack.dates import ago
from bot.slack.home import words
from bot.slack.home.seen import RunSeen, Seen
from bot.slack.mrkdwn import code, escape
from bot.slack.render import outcome

MOST_RUNNING = 10
MOST_RECENT = 15


def running(seen: Seen) -> list[Block]:
    """What goes on now, with how far each is and since when that is known."""
    if not seen.running:
        return []
    rows = [section(_going_on(run)) for run in seen.running[:MOST_RUNNING]]
    left = len(seen.running) - len(rows)
    more = [context(words.MORE_RUNNING.format(count=left))] if left else []
    return [header(words.RUNNING), *rows, *more]


def recent(seen: Seen) -> list[Block]:
    """What ended last: verdict, command, cluster, who, how long, when, and where it stands."""
    if not seen.clusters:
        return []
    rows = [section(_ended(run)) for run in seen.recent[:MOST_RECENT]]
    return [header(words.RECENT), *(rows or [context(words.NO_RUNS)])]


def _going_on(run: RunSeen) -> str:
    record = run.record
    if record.state is RunState.QUEUED and run.progress is None:
        since = words.QUEUED.format(ago=ago(record.queued_at))
    else:
        since = words.BEGAN.format(ago=ago(record.started_at or record.queued_at))
    parts = [_by(run), since, *_link(run)]
    lines = [f"⏳ {_what(run)}", " · ".join(parts)]
    if run.progress is not None and run.progress_at is not None:
        lines.append(f"{escape(str(run.progress), 200)} · {ago(run.progress_at)}")
    return "\n".join(lines)


def _ended(run: RunSeen) -> str:
    record = run.record
    verdict, _ = outcome(record)
    took = [words.TOOK.format(took=format_duration(record.took))] if record.took else []
    ended = [ago(record.finished_at)] if record.finished_at else []
    return f"{verdict} · {_what(run)}\n" + " · ".join([_by(run), *took, *ended, *_link(run)])


def _what(run: RunSeen) -> str:
    request = run.record.request
    typed = request.origin.get("command") or " ".join(
        [request.runbook, *request.parameters.values()]
    )
    return f"{code(typed, 200)} · {escape(request.cluster, 90)}"


def _by(run: RunSeen) -> str:
    return Asked.of_record(run.record).by or escape(str(run.record.request.requester.door), 20)


def _link(run: RunSeen) -> list[str]:
    return [f"<{run.link}|{words.MESSAGE}>"] if run.link else []
