"""Helm beside the simulated cluster: a small chart of our own, a repository that serves it, and a
``helm`` command for where the real one is missing.

See docs/playground.md for what this does not model.
"""
