"""Who may speak to the workspace: this machine only, and the page only with its token.

- Every request must name a loopback host, so that a web site cannot reach the workspace by a
  DNS name that points here (DNS rebinding).
- The page takes its per-start token once from the link, then from a cookie that no other site
  can send (SameSite=Strict, HttpOnly). Requests that change something must in addition come from
  the page itself.
- The content security policy lets the page load nothing that is not its own.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.playground.slack.delivery import is_loopback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_HEADER: Final = "X-Playground-Token"  # noqa: S105 - a header's name

_PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _host(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        return None


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that reached us under a name that is not this machine's loopback."""
    if not is_loopback(_host(request)):
        raise web.HTTPForbidden(text="This playground answers on 127.0.0.1 and localhost only.\n")
    return await handler(request)


async def add_page_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _PAGE_HEADERS.items():
        response.headers.setdefault(name, value)


class PageGuard:
    """Checks the token of the page. `cookie` names the port: cookies do not tell ports apart."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token
        self.cookie = f"playground_slack_{port}"

    def let_in(self, request: web.Request) -> web.Response | None:
        """Turn the token of the link into a cookie and a clean address; None without one."""
        if "token" not in request.query or not self._is_token(request.query["token"]):
            return None
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self.cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response

    def knows(self, request: web.Request) -> bool:
        given = request.headers.get(TOKEN_HEADER) or request.cookies.get(self.cookie, "")
        return self._is_token(given)

    def check(self, request: web.Request) -> None:
        """Refuse a request without the token, or one that another site's page sent."""
        if not self.knows(request):
            raise web.HTTPForbidden(text="Open the link that the playground printed.\n")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            raise web.HTTPForbidden(text="This request came from another page.\n")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())
