"""Helm 4: releases as they are stored, and the ``helm`` binary for what changes them.

Reading needs no binary: :mod:`~bot.clients.helm.releases` reads the Secrets that Helm keeps, so it
works in an outage as long as the API server does. :mod:`~bot.clients.helm.helm` runs the binary,
with arguments from a closed table (:mod:`~bot.clients.helm.arguments`) and nothing else.
"""
