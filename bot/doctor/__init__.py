"""Whether the bot itself is well: its files, Slack, and every cluster; each trouble with its fix.

sheet.py      what a part found, and what a part is
files.py      configuration files and secrets
workspace.py  Slack: token, scopes, channels, user groups, signing secret
socket_mode.py Socket Mode: app-level token, connections
store.py      the store: reachable, fast enough, keeps what it is given
changes.py    approval rules, the key of seals, and the rights for changes
cluster.py    one cluster: reachable, rights, Cilium, exec, metrics
examine.py    all parts at once, within a deadline, as a report
runbook.py    ``/cilium doctor``
"""
