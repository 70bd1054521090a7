"""Runbooks by subject, reads and remedies side by side. Listed in ``runbooks.catalogue``."""
