"""Every fixed text of the home tab, each trouble with its fix."""

from __future__ import annotations

AS_OF = "As of {time}."
REFRESH = "Refresh"

CLUSTERS = "Clusters"
PINNED = "Pinned clusters"
NEVER_LOOKED = "Never looked."
VERDICT_NOT_READ = "What was seen last cannot be read just now."
STATUS_BUTTON = "Status"
ANSWERS_IN = "Status{of} answers in {where}."
IN_CHANNEL = "<#{channel}>"
IN_MESSAGES = "the Messages tab here"
PIN = "Pin the clusters you look after:"
PIN_SOME = "Pin the clusters you look after (the first {most} are offered):"
PIN_NONE = "All clusters"
MORE_CLUSTERS = "+ {count} more. Pin those you look after, or name one: `--cluster NAME`."

APPROVALS = "Waiting for approval"
HOLDING = "Locks, freezes, expiries"
CHANGES = "Changes"
MOST_CHANGES = 8
LOCKS_NOT_READ = "The clusters did not say in time; `/cilium locks` waits longer."

RUNNING = "Running"
RECENT = "Recent runs"
QUEUED = "waits to begin, asked {ago}"
BEGAN = "began {ago}"
TOOK = "took {took}"
MESSAGE = "message"
MORE_RUNNING = "+ {count} more."
NO_RUNS = "None yet. Ask with `/cilium status`, or with a Status button above."
TOO_MUCH = "More than Slack shows on one tab is left out."

REFUSED = "There is nothing here for you: {reason}\nWhom to ask: {ask}."
NO_CLUSTER_ALLOWED = "No access rule lets you run a command on any cluster."
STORE_AWAY = "⚠️ {reason} Until then this shows what this bot itself remembers, and all clusters."

STARTED = "⏳ Looking at {cluster}. The answer comes in {where}."
NOT_STARTED = "⛔ {reason}"
NO_SUCH_CLUSTER = "⛔ There is no cluster {cluster} any more."
NO_PLACE = "⛔ Nothing was run: Slack did not say where to answer. Open this tab again."
FULL = "⛔ Nothing was run: Slack takes the bot's messages too slowly just now. Try again soon."
CANCELLED = "🚫 Status of {cluster} was cancelled before it began."
TROUBLE = "⛔ The bot failed on this click; its log has the reason. Type `/cilium` instead."
NOT_PINNED = "⛔ Nothing was pinned: {reason}"
