"""The Cilium agents."""
