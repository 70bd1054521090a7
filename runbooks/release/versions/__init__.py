"""``versions [--available]``: gather, judge, present."""
