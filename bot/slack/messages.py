"""Every fixed text this door says, in one place, each trouble with its fix."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.model.access import Decision
from bot.model.errors import ClientError, NotAllowed, OncallError, UsageError
from bot.model.names import format_duration
from bot.model.report import Severity, Verdict
from bot.slack.blocks import Block, Message, context, lines_within, section
from bot.slack.limits import FALLBACK, SECTION
from bot.slack.mrkdwn import code, escape, sentence

SLASH = "/cilium"
MENTION = "@cilium"

VERDICTS = {
    Verdict.OK: "✅ OK",
    Verdict.DEGRADED: "⚠️ DEGRADED",
    Verdict.FAILED: "⛔ FAILED",
    Verdict.UNKNOWN: "❔ UNKNOWN",
}
SEVERITIES = {Severity.CRITICAL: "⛔", Severity.WARNING: "⚠️", Severity.INFO: "🔹"}
LOOKING = "⏳ LOOKING…"
LOOKING_ALONE = "⏳ Looking… The answer comes to you alone."
CANCELLED = "🚫 CANCELLED"

CANCELLED_SUMMARY = "Cancelled before it ended. Run it again when you need the answer."
BROKEN_SUMMARY = "The run broke before it could say anything."
RENDER_FAILED = (
    "There is a report, but it could not be written for Slack; the bot's log has the reason. "
    "Read it in a terminal: {command}"
)
CANCELLED_BY = "Cancelled by {who} before it ended. Run it again when you need the answer."
CANCELLING = "⏳ CANCELLING…"
CANCELLING_MORE = "{by} cancelled it; what is under way is being stopped."
PICTURE = "Picture"
NOT_RECORDED = "not recorded"
MORE_FINDINGS = "+ {count} more in the thread, worst first."
FURTHER_FINDINGS = "{count} more findings"
WHOLE_REPORT = "The whole report"
IN_PRIVATE = "A private answer has no thread. All of the detail, in a terminal: {command}"

WAITING = (
    "⏳ Still waiting to begin: the cluster's API server is slow, or too many other runs are "
    "under way. The answer will come by itself; no need to ask again."
)
OUTBOX_FULL = (
    "⛔ Nothing was run: Slack takes the bot's messages too slowly just now, and an answer could "
    "not reach you in time. In a terminal: {command}"
)
CLOSING = "⛔ Nothing was run: the bot is restarting. Ask again in a few seconds."
UNHEARD = f"⛔ Nothing was run: the bot knows `{SLASH}` and no other command."
TROUBLE = (
    "⛔ The bot failed on this command; its log has the reason. The same command works in a "
    "terminal, after `cilium-oncall`."
)

CANCEL_BUTTON = "Cancel"
AGAIN_BUTTON = "Run again"
SHARE_BUTTON = "Share to channel"
SHARED_BY = "shared by {by}"
SHARED = "↗ Shared to the channel by {by}. You are told here should the channel not take it."
SHARE_FAILED = (
    "⛔ Not shared after all. When the reason above is gone, press “Share to channel” again."
)
UNKNOWN_BUTTON = (
    "⛔ Nothing was done: this button does not belong here, or another version of the bot made it. "
    "Type the command instead: `/cilium help`"
)
RUN_NOT_KEPT = (
    "⛔ Nothing was done: the run {run} is not kept any more. Its command stands in the message; "
    "type it again."
)
ENDED_ALREADY = "Nothing was cancelled: the run has ended already."
CLICK_TROUBLE = "⛔ The bot failed on this click; its log has the reason. Try it once more."
NOT_RUN = "Nothing was run"
NOT_CANCELLED = "Nothing was cancelled"
NOT_SHARED = "Nothing was shared"

FORM_TITLE = "Cilium on-call"
FORM_SUBMIT = "Run"
FORM_CLOSE = "Close"
FORM_COMMAND = "Command"
FORM_CLUSTER = "Cluster"
FORM_FLAGS = "Options"
FORM_HELP = f"To type instead: `{SLASH} help`"
FORM_ASKS_NODES = "⏳ Asking {cluster} for its nodes…"
FORM_ASKS_CLUSTER = "Choose a cluster to see its nodes."
FORM_NEEDED = "This command needs {what}."
FORM_OUTDATED = (
    "⛔ Nothing was run: this form is of another version of the bot. Close it and type `/cilium`."
)
FORM_LATE = (
    "The form could not be opened: Slack takes it for three seconds only, and this took longer. "
    "Type a command instead, or `/cilium` once more."
)
FORM_REFUSED = "The form could not be opened ({why}). Type a command instead."
_LATE_TRIGGER = frozenset(["expired_trigger_id", "trigger_expired", "exchanged_trigger_id"])

HELP_TITLE = "*Ask about a cluster's network:*"
HELP_MORE = "One command in detail: `{bot} help COMMAND`. Another cluster: `--cluster NAME`."
HELP_THREADS = f"In threads, where Slack has no slash commands: `{MENTION} COMMAND`."
ALL_COMMANDS = "All commands: `{bot} help`"
HELP_REST = "*All others:*"
HELP_CHANGES = "*Changes, and what holds them back:*"
NO_RUNBOOKS = "No command is installed. The bot's log from its start has the reason."

NOT_OURS = "not_ours"
"""Not Slack's code but ours: the channel is not one of the bot's."""

_INVITE = "I am not in this channel, so the answer comes to you alone. To fix it: `/invite @cilium`"
_GENERIC = (
    "Slack did not take the message for this channel ({reason}), so the answer comes to you alone."
)
_PRIVATE_BECAUSE = {
    NOT_OURS: (
        "This is not one of the bot's channels (`channels` in bot.yaml), so the answer comes to "
        "you alone."
    ),
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": "This channel is archived, so the answer comes to you alone. Ask elsewhere.",
    "missing_scope": (
        "The bot may not post (scope `chat:write` is missing), so the answer comes to you alone. "
        "To fix it: reinstall the app from config/slack-manifest.yaml."
    ),
    "message_not_found": ("The message in the channel is gone, so the answer comes to you alone."),
    "thread_not_found": "The thread is gone, so the answer comes to you alone.",
    "cannot_reply_to_message": "The thread is gone, so the answer comes to you alone.",
    "unreachable": (
        "Slack did not take the bot's messages for ten minutes, so the answer comes to you alone."
    ),
    "unconfirmed": (
        "Slack did not confirm my message in the channel, and I do not post twice, so the answer "
        "comes to you alone."
    ),
}
_UNAUTHORISED = (
    "Slack refuses the bot's token, so the answer comes to you alone. To fix it: set "
    "SLACK_BOT_TOKEN to the app's current bot token and restart the bot."
)
_UNAUTHORISED_CODES = frozenset(
    ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"]
)

REFUSED_LOG = "refused a request to %s from %s: %s"
"""One quiet line: path, remote address, reason. Never the body, never the signature."""


def usage_error(error: OncallError, bot: str = SLASH) -> Message:
    """Why nothing was run, what to do instead, and the grammar; ``bot`` as it was spoken to."""
    lines = [f"⛔ {sentence(error.message, 900)}"]
    if error.hint:
        lines.append(sentence(error.hint, 600))
    usage = error.usage if isinstance(error, UsageError) else ""
    if usage:
        lines.append(f"Usage: {code(f'{bot} {usage}', 600)}")
    elif not isinstance(error, NotAllowed):
        lines.append(ALL_COMMANDS.format(bot=bot))
    return Message(
        text=escape(f"⛔ {error.message} {error.hint}", FALLBACK),
        blocks=(section(lines_within(lines, SECTION)),),
    )


ASK_OPERATORS = "whoever runs this bot (they keep `access.yaml`)"
_CANNOT_ASK = {
    "missing_scope": "the app lacks a scope; reinstall it from config/slack-manifest.yaml",
    "plan_upgrade_required": (
        "user groups need a paid plan of Slack; name people by id in access.yaml instead"
    ),
    "no_such_subteam": "there is no such user group; correct it in access.yaml",
    "subteam_not_found": "there is no such user group; correct it in access.yaml",
}


def cannot_ask(error: ClientError, group: str = "") -> str:
    """Why Slack did not say who somebody is or who is in ``group``, with the fix."""
    reason = getattr(error, "reason", "")
    why = _CANNOT_ASK.get(reason) or error.message.rstrip(".")
    what = f"who is in the user group {group}" if group else "who you are"
    return f"Slack does not tell {what}: {why}."


def no_form(error: ClientError, help_text: Message) -> Message:
    """Why there is no form, above all the commands that can be typed."""
    late = getattr(error, "reason", "") in _LATE_TRIGGER
    text = FORM_LATE if late else FORM_REFUSED.format(why=escape(error.message.rstrip("."), 300))
    return Message(text=text, blocks=(section(text), *help_text.blocks))


def nothing_done(error: OncallError) -> Message:
    """Why a click came to nothing, and what to do instead."""
    lines = [f"⛔ {sentence(error.message, 900)}", *filter(None, [sentence(error.hint, 600)])]
    text = escape(f"⛔ {error.message} {error.hint}", FALLBACK)
    return Message(text=text, blocks=(section(lines_within(lines, SECTION)),))


def shared(answer: Message, by: str) -> Message:
    """What takes the place of a private answer that everybody can read now."""
    text = SHARED.format(by=by)
    return Message(text=text, blocks=(answer.blocks[0], section(text)), replaces=True)


def not_allowed(decision: Decision, ask: str, what_not: str = NOT_RUN) -> NotAllowed:
    """Why a person may not, and whom to ask."""
    return NotAllowed(
        f"{what_not}: {decision.reason}",
        hint=f"Whom to ask: {ask.replace('`', '') if ask else ASK_OPERATORS}.",
    )


def private_because(reason: str) -> str:
    """Why an answer comes privately and how to change that; ``reason`` is Slack's error code."""
    if reason in _UNAUTHORISED_CODES:
        return _UNAUTHORISED
    return _PRIVATE_BECAUSE.get(reason) or _GENERIC.format(reason=code(reason, 60))


def private_note(buttons: tuple[Block, ...]) -> Message:
    """Sent at once when the channel cannot have the live message; the answer says why."""
    return Message(text=LOOKING_ALONE, blocks=(section(LOOKING_ALONE), *buttons))


LATE_BY_SLACK = "delayed {late} by Slack; {what} {at}"
LATE = "delivered {late} late; {what} {at}"


def late(seconds: float, since: float, *, by_slack: bool, ended: bool) -> str:
    """That a message comes ``seconds`` after it was said at ``since``, Unix time; as mrkdwn.

    The time is shown in the reader's own time zone ("Date formatting", docs.slack.dev).
    """
    utc = datetime.fromtimestamp(since, UTC).strftime("%H:%M:%S")
    return (LATE_BY_SLACK if by_slack else LATE).format(
        late=format_duration(seconds),
        what="run ended" if ended else "written",
        at=f"<!date^{int(since)}^{{time_secs}}|{utc} UTC>",
    )


ENDED = "{who} your run has ended: {verdict}"


def ended(answer: Message, who: str) -> Message:
    """Calls back who asked, in a message of its own; ``who`` is a mention as mrkdwn."""
    text = ENDED.format(who=who, verdict=answer.text)
    return Message(text=text, blocks=(section(text),))


def fixed(text: str) -> Message:
    """A message of one fixed text from this catalogue."""
    return Message(text=text, blocks=(section(text),))


def in_private(message: Message, reason: str, note: str) -> Message:
    """A result that goes to one person instead of the channel; ``note`` is small print."""
    blocks = message.blocks or (section(message.text),)
    return Message(message.text, (section(private_because(reason)), *blocks, context(note)))
