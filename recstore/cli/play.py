"""`recstore play`: opens what an item is, where it has an address."""

from __future__ import annotations

import webbrowser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from recstore import catalog_of, connect, url_of
from recstore.cli.console import print_data, say
from recstore.errors import OptionError
from recstore.tools import told_when_damaged

#: Files that play. Of others a store might say that they are to be opened, and a system might run them.
_PLAYED = {
    ".wav", ".wave", ".rf64", ".w64", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".snd",
    ".caf", ".m4a", ".mp4", ".webm",
}  # fmt: skip


def run_play(store: Path, item: str, catalog: str | None, only_print: bool, untrusted: bool) -> None:
    """Print the address of an item, and open it in the user's browser unless it is only to be printed.

    An address in a stranger's store is not opened.
    """
    with told_when_damaged(store, untrusted=untrusted), connect(store, untrusted=untrusted) as connection:
        named = catalog_of(connection, catalog, untrusted=untrusted) if catalog else None
        url = url_of(connection, item, named, untrusted=untrusted)
    print_data(f"{url}\n")
    if only_print:
        return
    if untrusted:
        say("It is a stranger's address, and is not opened: without --untrusted it is, if you trust the store.")
        return
    _check_opened(url)
    if not webbrowser.open(url):
        say("There is no browser here to open it with.")


def _check_opened(url: str) -> None:
    """Raise an `OptionError` unless an address is that of a page, or of a file of this machine that plays."""
    refused = OptionError("What this is is not opened: it is neither a page nor a file that plays.")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise refused from error
    if parts.scheme in ("http", "https"):
        return
    path = PurePosixPath(unquote(parts.path))
    # A file of another machine would be asked of that machine, with this user's name.
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or path.suffix.lower() not in _PLAYED:
        raise refused
    try:
        is_there = Path(path).is_file()
    except OSError:  # such as a name that is too long
        is_there = False
    if not is_there:
        raise OptionError(f"{path} is not there any more.")
