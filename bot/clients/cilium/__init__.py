"""Cilium's agents and operator: what they say of themselves."""
