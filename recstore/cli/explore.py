"""`recstore explore`: prints the address of the page, opens it, and serves it until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from recstore import map_items
from recstore.cli.console import print_data, say
from recstore.cli.watching import watch
from recstore.explore import serve

_HERE = ("127.0.0.1", "localhost", "::1")


def run_explore(store: Path, host: str, port: int, opens_browser: bool, makes_map: bool) -> None:
    """Serve the page over a store, whose items are placed on a map first, if that is asked."""

    def ready(address: str) -> None:
        print_data(f"{address}\n")
        if host not in _HERE:
            say(f"Whoever has this address and reaches {host} reads all that the store holds, unencrypted.", "warning")
        say("Ctrl-C ends it.")
        if opens_browser:
            import webbrowser

            webbrowser.open(address)

    if makes_map:
        draw_map(store, quiet=False)
    with suppress(KeyboardInterrupt):
        serve(store, host=host, port=port, ready=ready)


def draw_map(store: Path, quiet: bool) -> None:
    """Place the items of every catalogue on a map, and say how well that went."""
    progress = watch(quiet)
    try:
        made = map_items(store, progress=progress)
    finally:
        progress.stop()
    for one in made:
        place = f"{one.table} has the places of {one.items:,} items of {one.catalog}, by {one.method} of {one.space}"
        say(f"{place}: {one.kept:.0%} of the ten nearest are so there, too ({one.seconds:.1f} s).")
