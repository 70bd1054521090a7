"""The running bot's side of the terminal: changes are asked for and decided over HTTP.

routes.py    what is mounted under /api/v1/       callers.py  from a token to a person
answers.py   bounded bodies in, JSON out          wire.py     the shapes both sides know
"""
