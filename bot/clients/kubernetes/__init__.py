"""The Kubernetes API server: reads, writes with preconditions, exec."""
