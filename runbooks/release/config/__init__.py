"""``config [NODE]``: gather, judge, present."""
