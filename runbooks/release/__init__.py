"""Cilium's Helm release: what is installed, which versions run, and how it is configured."""
