"""Alerts: what Alertmanager posts, and which command answers it.

payload.py   a webhook's body to a delivery; one unreadable alert does not lose its neighbours
routing.py   a delivery and the routing table to a route: pure
"""
