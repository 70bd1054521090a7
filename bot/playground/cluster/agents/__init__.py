"""What the agents say: CLI output, health, metrics and logs, derived when somebody asks.

Nothing here is stored. Each answer is computed from the machine's causes and the objects in the
API, so that all views of one agent agree. Source of fields and texts: api/v1/models, cilium-dbg/cmd
and pkg/health of cilium/cilium 1.14 to 1.19.
"""
