"""Which proxy leads to an API server: HTTPS_PROXY, HTTP_PROXY and NO_PROXY as kubectl reads them.

Unlike in Python's own reading, networks (``10.0.0.0/8``) count in NO_PROXY, and loopback addresses
never go through a proxy. Source: golang.org/x/net/http/httpproxy.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment


def proxy_for(server: str) -> str | None:
    """The proxy to reach ``server`` through; ``None`` to go there directly."""
    parts, proxies = urlsplit(server), getproxies_environment()
    proxy = proxies.get(parts.scheme)
    entries = [entry.strip().lower() for entry in proxies.get("no", "").split(",")]
    if not proxy or _is_loopback(parts.hostname or ""):
        return None
    if any(_means(entry, parts) for entry in entries if entry):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _means(entry: str, server: SplitResult) -> bool:
    """Whether an entry of NO_PROXY means ``server``: ``*``, a network, or a domain with a port."""
    host = server.hostname or ""
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name, _, port = entry.partition(":")
        if port and port != str(server.port or {"https": 443, "http": 80}[server.scheme]):
            return False
        domain = name.removeprefix("*").lstrip(".")
        exactly = domain == host and not name.startswith((".", "*"))
        return bool(domain) and (exactly or host.endswith(f".{domain}"))
