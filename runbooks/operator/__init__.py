"""cilium-operator: whether one leads, and remedies for it."""
