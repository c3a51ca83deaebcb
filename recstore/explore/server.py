"""Serves the page: a socket on this machine, the guard before it, and NiceGUI behind."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from ipaddress import ip_address

from recstore.errors import OptionError
from recstore.explore.answers import Answers
from recstore.explore.guard import LOOPBACK, Guard
from recstore.paths import typed

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#2f5bd8"/>'
    '<circle cx="11" cy="13" r="3.4" fill="#fff"/><circle cx="21" cy="11" r="2.4" fill="#fff"/>'
    '<circle cx="18" cy="21" r="4.4" fill="#fff"/></svg>'
)


def run(path: str | os.PathLike[str], host: str, port: int, ready: Callable[[str], object]) -> None:
    """Do what `recstore.explore.serve` says."""
    import uvicorn
    from fastapi import FastAPI
    from nicegui import ui

    from recstore.explore.page import Page

    with Answers(typed(path)) as answers, _listening(host, port) as listening:
        token = secrets.token_urlsafe(24)
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        ui.run_with(
            app,
            root=lambda: Page(answers).build(),
            title=f"{answers.path.name} – recstore",
            favicon=_ICON,
            dark=None,
            tailwind=False,
            show_welcome_message=False,
            reconnect_timeout=10,
        )
        guard = Guard(app, token, LOOPBACK if _is_loopback(host) else None)
        config = uvicorn.Config(guard, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
        shown = f"[{shown}]" if ":" in shown else shown
        ready(f"http://{shown}:{listening.getsockname()[1]}/{token}/")
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except UnicodeError as error:
        raise OptionError(
            f"{host[:100]!r} is no name of a host; pass another --host, or none for this machine."
        ) from error
    except OSError as error:
        raise OptionError(
            f"{host} port {port} cannot be listened on ({error.strerror}); pass another --port, or none for a free one."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
