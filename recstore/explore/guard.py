"""Who gets an answer: only who knows the token, by the name that is served, and from the page itself.

The token is the beginning of every address, no cookie: a browser sends cookies of 127.0.0.1 to every port of it, so
also to what another user of the machine listens with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hmac import compare_digest
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

#: By what names a browser on this machine calls it.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Vue makes functions of its templates, and NiceGUI writes what it begins with into the page: hence the two words.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """Hands to `app` what is asked under `/token/`, with a `Host` among `hosts` (None: any), by no other origin."""

    def __init__(self, app: App, token: str, hosts: Iterable[str] | None) -> None:
        self.app = app
        self._token = token
        self._hosts = None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (refusal := self._refusal(scope, headers)) is not None:
            await _refuse(scope, send, *refusal)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self.app({**scope, "root_path": f"/{self._token}"}, receive, guarded)

    def _refusal(self, scope: Message, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return 400, "This page goes by another name."
        token = scope["path"].split("/")[1] if scope["path"].startswith("/") else ""
        is_ours = compare_digest(token.encode(), self._token.encode())
        if not is_ours or ("origin" in headers and _origin(headers["origin"]) != host):
            return 403, "Open the address that recstore explore printed."
        return None


def _name(host: str) -> str:
    """Return the name in a `Host` header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _origin(header: str) -> str | None:
    """Return the name and port in an `Origin` header; None where it is none."""
    try:
        return urlsplit(header).netloc
    except ValueError:
        return None


async def _refuse(scope: Message, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403})
        return
    head = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
