"""How the bot itself is, for those who run it.

web.py        the HTTP application: Slack's route, /metrics, /healthz, /readyz
health.py     alive and ready, each with its reason
metrics.py    what Prometheus reads
logs.py       log lines, as text or JSON, with the run's id
redaction.py  no secret in any of them
"""
