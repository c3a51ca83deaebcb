"""A page to look at a store: what is like an item, what follows for a person, a map, and how good it is; and a report.

`serve` runs it on this machine alone. It needs the extra `explore`, and is imported by its command only.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from recstore.errors import MissingExtraError
from recstore.explore.report import report_html, write_report

__all__ = ["report_html", "serve", "write_report"]


def serve(
    path: str | os.PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[str], object] = print,
) -> None:
    """Serve the page over the store at `path` until Ctrl-C or SIGTERM; `ready` is called once with its address.

    `host` is the address that is listened on, and `port` 0 takes a free one. Whoever knows the address can read all
    that the store holds, and nobody else anything: it begins with a token that is drawn for this call. The store is
    opened as a stranger's is (`connect(untrusted=True)`), so that what is asked in the page reaches nothing but it.

    Raises `StoreError`, `OptionError` where the port cannot be had, and `MissingExtraError` without NiceGUI.
    """
    try:
        import nicegui  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MissingExtraError("The page needs NiceGUI. Install it with: pip install 'recstore[explore]'") from error
    from recstore.explore.server import run

    run(path, host, port, ready)
