"""A change made from a shell, with the caller's own rights: for when Slack and the bot are gone.

session.py  the procedure, from the plan to the end
journal.py  steps in this process, printed as they go
events.py   the audit, as Events in the cluster
asking.py   what is asked of the person meanwhile
ending.py   the checks, and what is left to do
"""
