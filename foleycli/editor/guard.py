"""Who may ask: a page of this server alone, that knows the token. Other pages of the same browser are turned away.

The server listens on 127.0.0.1, but any page that is open in the browser can send requests there. So the Host must be
this server (else a name of the attacker could point here), the Origin too where there is one, and the address begins
with a random token.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RULES = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Answers 403 to requests that are not of this server's own page, and adds `RULES` to every answer."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str) -> None:
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def ruled(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(RULES)
            await send(message)

        if self._may(Headers(scope=scope), scope["path"]):
            await self.app(scope, receive, ruled)
        else:
            await PlainTextResponse("Refused; open the address that foley printed.\n", 403)(scope, receive, ruled)

    def _may(self, headers: Mapping[str, str], path: str) -> bool:
        origin = headers.get("origin")
        own = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        named = headers.get("host", "") in self.hosts and (origin is None or origin in self.origins)
        return own and named and compare_digest(path.split("/")[1].encode(), self.token.encode())

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of this server's own pages."""
        return tuple(f"http://{host}" for host in self.hosts)
