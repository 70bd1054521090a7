"""``release [history]``: gather, judge, present."""
