"""Every fixed text this door says, in one place, each trouble with its fix."""

from __future__ import annotations

from bot.model.access import Decision
from bot.model.errors import ClientError, NotAllowed, OncallError, UsageError
from bot.model.report import Severity, Verdict
from bot.slack.blocks import Message, context, lines_within, section
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
CANCELLED = "🚫 CANCELLED"

CANCELLED_SUMMARY = "Cancelled before it ended. Run it again when you need the answer."
BROKEN_SUMMARY = "The run broke before it could say anything."
RENDER_FAILED = (
    "There is a report, but it could not be written for Slack; the bot's log has the reason. "
    "Read it in a terminal: {command}"
)
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

HELP_TITLE = "*Ask about a cluster's network:*"
HELP_MORE = (
    "One command in detail: `{bot} help COMMAND`. Another cluster: `--cluster NAME`.\n"
    f"In threads, where Slack has no slash commands: `{MENTION} COMMAND`."
)
ALL_COMMANDS = "All commands: `{bot} help`"
HELP_REST = "*All others:*"
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
    everything = ALL_COMMANDS.format(bot=bot)
    lines.append(f"Usage: {code(f'{bot} {usage}', 600)}" if usage else everything)
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


def not_allowed(decision: Decision, ask: str) -> NotAllowed:
    """Why a person may not, and whom to ask."""
    return NotAllowed(
        f"Nothing was run: {decision.reason}",
        hint=f"Whom to ask: {ask.replace('`', '') if ask else ASK_OPERATORS}.",
    )


def private_because(reason: str) -> str:
    """Why an answer comes privately and how to change that; ``reason`` is Slack's error code."""
    if reason in _UNAUTHORISED_CODES:
        return _UNAUTHORISED
    return _PRIVATE_BECAUSE.get(reason) or _GENERIC.format(reason=code(reason, 60))


def private_note(reason: str) -> Message:
    """Sent at once when the channel cannot have the live message."""
    text = f"⏳ Looking… {private_because(reason)}"
    return Message(text=text, blocks=(section(text),))


def fixed(text: str) -> Message:
    """A message of one fixed text from this catalogue."""
    return Message(text=text, blocks=(section(text),))


def in_private(message: Message, reason: str, note: str) -> Message:
    """A result that goes to one person instead of the channel; ``note`` is small print."""
    blocks = message.blocks or (section(message.text),)
    return Message(message.text, (section(private_because(reason)), *blocks, context(note)))
