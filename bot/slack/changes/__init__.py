"""Everything a person sees and presses of a change.

words.py       every fixed text              clicks.py      what a press or a filled-in modal does
people.py      who is meant, as text         modals.py      what must be typed
card.py        the plan, for thirty seconds  offers.py      buttons on findings
progress.py    steps and checks              teller.py      told whenever something happens
live.py        one message per state         approvers.py   whom a change is told directly
buttons.py     the closed table of buttons   places.py      where a change is told
commands.py    freeze, lock, approvals ...   requesting.py  from a command to a request
lists.py       what waits, what holds, what was done
"""
