"""Every fixed text about changes, each trouble with its fix."""

from __future__ import annotations

from bot.model.change import ChangeState, StepState
from bot.model.expiry import ExpiryState

STATES = {
    ChangeState.PLANNING: "⏳ PLANNING…",
    ChangeState.WAITING: "✋ APPROVE?",
    ChangeState.APPROVED: "👍 APPROVED",
    ChangeState.CONFIRMING: "✋ NEXT STEP?",
    ChangeState.EXECUTING: "⚙️ EXECUTING…",
    ChangeState.VERIFYING: "🔎 VERIFYING…",
    ChangeState.UNKNOWN: "❔ UNKNOWN",
    ChangeState.DONE: "✅ DONE",
    ChangeState.UNVERIFIED: "⚠️ UNVERIFIED",
    ChangeState.FAILED: "⛔ FAILED",
    ChangeState.REFUSED: "⛔ REFUSED",
    ChangeState.REJECTED: "🚫 REJECTED",
    ChangeState.WITHDRAWN: "🚫 WITHDRAWN",
    ChangeState.EXPIRED: "⌛ EXPIRED",
    ChangeState.CANCELLED: "🚫 CANCELLED",
    ChangeState.STOPPED: "🛑 STOPPED",
}
STEPS = {
    StepState.STARTED: "⏳",
    StepState.DONE: "✓",
    StepState.FAILED: "✗",
    StepState.DOUBTFUL: "❔",
}
HELD = {True: "✓ holds", False: "✗ does not hold", None: "❔ could not be seen"}
NOT_ASKED = "not asked"

# buttons
APPROVE = "Approve"
REJECT = "Reject…"
SOLO = "Go on alone…"
WITHDRAW = "Withdraw"
CANCEL = "Cancel"
CONFIRM = "Confirm next step"
HAPPENED = "It happened"
DID_NOT = "It did not"
STOP = "Stop here"
CHECK = "Check again"
REVIEWED = "I reviewed it"
NOT_NOW = "Not now"
ASK_APPROVE = "{title} on cluster {cluster} ({remedy} {parameters})."
ASK_WITHDRAW = "{title} on cluster {cluster}: nobody can approve it any more."
ASK_CANCEL = "{title} on cluster {cluster}: it stops before its next step; what is done stays done."
ASK_CONFIRM = "The step “{step}” on cluster {cluster} is carried out."
ASK_HAPPENED = "You looked: “{step}” did happen on cluster {cluster}. The next step follows."
ASK_DID_NOT = "You looked: “{step}” did not happen on cluster {cluster}. It is carried out again."
ASK_STOP = "Nothing more is done on cluster {cluster}. What is done stays done."

# the card
ASKED_BY = "{who} asks"
FOR_REASON = "“{reason}”"
FOR_INCIDENT = "incident {incident}"
RISK = "*{risk}*"
ESTIMATED = "about {took}"
DECIDE_BY = "decide by {at}"
APPROVALS = "{given} of {needed} approvals"
APPROVED_BY = "Approved by {who}."
ALONE_BY = "{who} goes on alone: {reason}"
DOES = "*Does*"
TOUCHES = "*Touches* {what}"
BOUNDS = "at most {nodes} and {unavailable} unavailable at once"
MEANWHILE = "*Meanwhile* {what}"
UNDO = "*Undo* {what}"
BROKEN = "the target is broken already"
NOTES = "*Now* {what}"
CHECKS = "*Checks after* {what}"
STOPS_WHEN = "*Stops when* {what}"
DRY_RUN = "*Dry run* {what}"
MAY_DECIDE = "May decide: {who}"
MAY_DECIDE_LATER = "from {at} also {who}"
NOBODY_NAMED = "whoever the approval rules name"
RULE = "rule {rule}"
VOIDED = "*The approved plan was not carried out, because it is another one now. What changed:*"
VOIDED_TAIL = "Nothing was done. This is the plan as it is now; it needs approval anew."
SOLO_FROM = "One person may go on alone from {at}, with a reason and a review afterwards."
WHOLE_PLAN = "The whole plan"
MORE_CALLS = "+ {count} more calls, all in the file of the thread"

# states
PLANNING = "The plan is being made; that changes nothing."
NO_APPROVAL_NEEDED = "It needs no approval: its risk is safe."
BROKEN_NEEDS_NONE = (
    "It needs no approval: its target is certainly broken already, and the rule says that is "
    "enough (`safe_when_broken`)."
)
BEFORE_BEGIN = (
    "Before it begins the plan is made again, and brakes are looked at. Nothing was done yet."
)
NEXT_STEP = "Next: {step}. It waits for somebody's word before each step."
CANCEL_ASKED = "{who} cancelled it: it stops before its next step."
STEPS_NONE = "Nothing was done."
STEPS_TITLE = "*Steps*"
NO_MORE_STEPS = "No further step was begun."
TWICE = "All checks must hold twice, some time apart; they are given up {at}."
HELD_ONCE = "They held once, {at}."
IN_DOUBT = (
    "Whether *{step}* happened is not known: its answer was lost, and looking did not tell. "
    "It is not repeated blindly. Look yourself, then say what is so."
)
LAST_ERROR = "Last answer: {error}"
REJECTED_BY = "{who} rejected it: {reason}"
WITHDRAWN_BY = "{who} withdrew it."
NOTHING_DONE = "Nothing was done."
REVIEW_DUE = "{who} went on alone. Somebody else must look at it and say so."
REVIEWED_BY = "Reviewed by {who}."
UNDO_NOW = "To take it back: {what}"
CHECK_COLUMNS = ("Check", "Before", "After")
SAID = "{held}: {said}"
TOOK = "took {took}"
ENDED_AT = "ended {at}"
RENDER_FAILED = (
    "This cannot be shown in Slack; the bot's log has the reason under {change}. Its plan and its "
    "audit in a terminal: `cilium-oncall audit show --change {change}`"
)

# to people
PLEASE_DECIDE = "You may decide on this change that {who} asks for."
REMINDER = "⏰ Half of the time is over: {title} on {cluster} still waits. Decide by {at}."
LOUD_BREAKGLASS = "🔔 *Breakglass* on {cluster}: {title}. {who}: {needed} approvals are needed."
LOUD_SOLO = (
    "🔔 {who} goes on alone with {title} on {cluster}: {reason}\n{approvers}: please look at it."
)
ASK_GROUP = "🔔 {who}: {title} on {cluster} waits for your approval."
RINGS = "{who} {state}: {title} on {cluster}."
ELSEWHERE = (
    "This is not the channel of {cluster}, so the change is told where its approvers look: "
    "{where}. What becomes of it comes to you alone."
)
TOLD_ALONE = "You asked for it elsewhere, so this comes to you alone."
IN_CHANNEL = "<#{channel}>"
IN_MESSAGES = "your messages with the bot"
FALLBACK_NOTE = "Its approvers are told directly. All of it: `/cilium changes`"
EXPIRY = {
    ExpiryState.OPEN: "⏳ {what} on {cluster} until {at}; then: {then}.",
    ExpiryState.REVERTED: "↩️ {what} on {cluster} has ended as promised: {then}.",
    ExpiryState.GONE: "↩️ {what} on {cluster} had ended before its time; nothing was done.",
    ExpiryState.ASKS: (
        "❗ {what} on {cluster} should have ended ({then}), and that did not work: {trouble} "
        "{who}, please take it back by hand. It is tried again."
    ),
}
HEAD = "🔏 Audit: {records}, head `{digest}`. `cilium-oncall audit verify` checks the chain."

# clicks and modals
UNKNOWN_BUTTON = (
    "⛔ Nothing was done: this button does not belong here, or another version of the bot made it. "
    "What waits and what was done: `/cilium approvals`, `/cilium changes`"
)
OTHER_STEP = (
    "⛔ Nothing was done: the change has moved on since this button was drawn. Look at its message "
    "as it is now."
)
CLICK_TROUBLE = (
    "⛔ The bot failed on this click; its log has the reason. Look at the message before you press "
    "it once more."
)
MODAL_LATE = (
    "⛔ Nothing was done: Slack opens a form within three seconds only, and this took longer. "
    "Press it once more."
)
OFF = "Changes are off on this bot."
OFF_HINT = "`cilium-oncall doctor` says what is missing."
TITLES = {"approve": "Approve breakglass", "reject": "Reject a change", "solo": "Go on alone"}
SUBMITS = {"approve": "Approve", "reject": "Reject", "solo": "Go on alone"}
CLOSE = "Close"
NOTICE_TITLE = "Nothing was done"
REASON = "Reason"
REASON_HINT = "One sentence, for whoever reads this later."
TYPE_CLUSTER = "Name of the cluster"
TYPE_CLUSTER_HINT = "Type it: {cluster}"
SOLO_MEANS = (
    "You go on without a second person. It is announced in the channel and in the audit, and "
    "somebody else must look at it afterwards."
)
BREAKGLASS_MEANS = "A breakglass change. Each of its steps waits for a word of its own."

# offers
OFFER = "{what}…"
OFFER_STALE = (
    "That answer is {age} old, so its check runs again first: {command}. The button stands in the "
    "new answer, if it still helps."
)
OFFER_GONE = "⛔ Nothing was done: the run {run} is not kept any more. Run its check again."
OFFER_KNOWN = "{who} asked for that already: {change} is {state}."
OFFER_REASON = "{subject}: {cause}"
REQUESTED = "Asked for: {change}. {where}"

# commands
TITLE_APPROVALS = "Waiting for approval"
TITLE_CHANGES = "Last changes"
TITLE_LOCKS = "Locks and freezes"
TITLE_EXPIRIES = "Expiries"
NO_APPROVALS = "Nothing waits for approval."
NO_CHANGES = "No change yet."
NO_LOCKS = "No cluster is locked or frozen."
NO_EXPIRIES = "No time-boxed state is open."
MESSAGE = "message"
STILL_TO_REVIEW = "*review due*"
MORE = "+ {count} more"
NOT_ASKED_CLUSTER = "❔ {what}: {why}"
FROZEN = "🧊 {who} froze changes on {cluster}{until}: {reason}"
UNFROZEN = "☀️ {who} lifted the freeze of {cluster} ({reason})."
LOCKED = "🔒 {who} locked {cluster}{until}: {reason}"
BEING_CHANGED = "🔒 {cluster} is being changed by {who}: {reason}"
UNLOCKED = "🔓 {who} released the lock of {cluster}, held by {holder}: {reason}"
NOT_FROZEN = "{cluster} is not frozen."
NOT_LOCKED = "{cluster} is not locked."
UNTIL = " until {at}"
FREEZE_MEANS = "No change begins there; what has begun goes on. `/cilium unfreeze` lifts it."
LOCK_MEANS = "Nobody else, and no bot, changes it meanwhile. `/cilium unlock` releases it."
UNLOCK_MEANS = "A change that held it stops before its next step."
TOLD_IN = "Told in {where}."
NO_CLUSTER_ALLOWED = "No access rule lets you run `{command}` on any cluster."
