"""`recstore explore`: prints the address of the page, opens it, and serves it until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from recstore.cli.console import print_data, say
from recstore.explore import serve

_HERE = ("127.0.0.1", "localhost", "::1")


def run_explore(store: Path, host: str, port: int, opens_browser: bool) -> None:
    """Serve the page over a store."""

    def ready(address: str) -> None:
        print_data(f"{address}\n")
        if host not in _HERE:
            say(
                f"Whoever has this address and reaches {host} can read all that the store holds, unencrypted.",
                "warning",
            )
        say("Ctrl-C ends it.")
        if opens_browser:
            import webbrowser

            webbrowser.open(address)

    with suppress(KeyboardInterrupt):
        serve(store, host=host, port=port, ready=ready)
