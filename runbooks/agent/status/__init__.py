"""``status [NODE]``: gather, judge, present."""
