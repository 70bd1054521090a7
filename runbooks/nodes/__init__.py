"""Runbooks and remedies of nodes."""
