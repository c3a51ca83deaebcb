"""`recstore play`: opens what an item is, where it has an address."""

from __future__ import annotations

import webbrowser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from recstore import catalog_of, connect, url_of
from recstore.cli.console import print_data, say
from recstore.errors import OptionError

#: Files that play. Of others a store might say that they are to be opened, and a system might run them.
_PLAYED = {
    ".wav", ".wave", ".rf64", ".w64", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".snd",
    ".caf", ".m4a", ".mp4", ".webm",
}  # fmt: skip


def run_play(store: Path, item: str, catalog: str | None, only_print: bool) -> None:
    """Print the address of an item, and open it in the user's browser unless it is only to be printed."""
    with connect(store) as connection:
        url = url_of(connection, item, catalog_of(connection, catalog) if catalog else None)
    print_data(f"{url}\n")
    if only_print:
        return
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme not in ("http", "https") and (parts.scheme != "file" or path.suffix.lower() not in _PLAYED):
        raise OptionError("What this is is not opened: it is neither a page nor a file that plays.")
    if parts.scheme == "file" and not Path(path).is_file():
        raise OptionError(f"{path} is not there any more.")
    if not webbrowser.open(url):
        say("There is no browser here to open it with.")
