"""The remedy ``restart-operator``: gather, judge, plan, apply, verify."""
