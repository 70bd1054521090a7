"""The remedy ``rollout-restart``: gather, judge, plan, apply, watch, verify."""
