"""The remedy ``restart-agent NODE``: gather, judge, plan, apply, verify."""
