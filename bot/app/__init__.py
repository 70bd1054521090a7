"""The composition root: from settings to parts, started and stopped in order.

The only room that knows all others; everything else is handed what it needs.

bot.py         the running bot            clusters.py    an executor for the configured clusters
wiring.py      from settings to parts     open_store.py  the store, with its server where it is ours
"""

from bot.app.bot import Bot, serve, spare_collections
from bot.app.clusters import addresses_of, build_executor, close
from bot.app.open_store import OpenStore

__all__ = [
    "Bot",
    "OpenStore",
    "addresses_of",
    "build_executor",
    "close",
    "serve",
    "spare_collections",
]
