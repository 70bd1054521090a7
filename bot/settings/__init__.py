"""Settings: what ``bot.yaml`` and the environment say, read once, checked as a whole.

schema.py        what may be said, as frozen types
fields.py        what may stand in one field, with the words of its refusal
rules.py         what must agree between settings
yaml_source.py   YAML text to plain values with positions; every trap of YAML 1.1 is an error
problems.py      one thing wrong, with file, line, field, what was found and what is allowed
check.py         bot.yaml and the files it names: all problems at once
access_schema.py what access.yaml may say, as frozen types
access_file.py   access.yaml to access rules, names compared with those that exist
approvals_schema.py what approvals.yaml may say, as frozen types
approvals_file.py   approvals.yaml to approval rules, refused where they loosen what no rule may
alerts_schema.py what alerts.yaml may say, as frozen types
alerts_file.py   alerts.yaml to the routing table of alerts; only what reads may be routed to
rule_lists.py    what files of rules have in common
against_schema.py a document against a schema, told by line
document.py      a file as plain values that remember where they stood
credentials.py   secrets, from the environment or from files, never from ``bot.yaml``
seal_key.py      the key of seals, and why nothing can be changed without it
loading.py       all of it together, for whoever starts the bot
"""

from bot.settings.check import check
from bot.settings.credentials import Credentials
from bot.settings.loading import InvalidSettings, load
from bot.settings.problems import Problem
from bot.settings.schema import Changes, Cluster, Helm, Http, Limits, Logs, Settings, Slack, Store
from bot.settings.seal_key import seal_key, why_no_changes

__all__ = [
    "Changes",
    "Cluster",
    "Credentials",
    "Helm",
    "Http",
    "InvalidSettings",
    "Limits",
    "Logs",
    "Problem",
    "Settings",
    "Slack",
    "Store",
    "check",
    "load",
    "seal_key",
    "why_no_changes",
]
