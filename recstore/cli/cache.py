"""`recstore cache`: what is in the user's cache, and less of it."""

from __future__ import annotations

from collections.abc import Sequence

from recstore import cache, sql
from recstore.cli.console import say
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.errors import OptionError
from recstore.tools import open_connection


def run_cache(action: str | None, datasets: bool, indexes: bool, form: Format) -> None:
    """Print what is in the cache, or clear it and print what went; the words about it go to stderr."""
    if action not in (None, "clear"):
        raise OptionError(f"recstore cache shows what is there, and recstore cache clear removes it; not {action!r}.")
    if action is None:
        if datasets or indexes:
            raise OptionError("--datasets and --indexes say what is removed: recstore cache clear --indexes")
        found = cache.entries()
        _print(found, form)
        say(f"{cache.folder()}: {_megabytes(found)} of at most {cache.size_limit() / 1e6:,.0f} MB.")
        return
    both = not datasets and not indexes
    removed = cache.clear(datasets=datasets or both, indexes=indexes or both)
    _print(removed, form)
    left = cache.entries()
    say(f"{cache.folder()}: {_megabytes(removed)} removed, {_megabytes(left)} left.")
    if others := [entry for entry in left if entry.kind == "other"]:
        say(f"Not recstore's own, so they stay: {len(others)}, such as {others[0].path.name!r}.")


def _megabytes(entries: Sequence[cache.Entry]) -> str:
    return f"{sum(entry.bytes for entry in entries) / 1e6:,.1f} MB"


def _print(entries: Sequence[cache.Entry], form: Format) -> None:
    values: dict[str, object] = {
        "kind": [entry.kind for entry in entries],
        "bytes": [entry.bytes for entry in entries],
        "last_used": [entry.last_used.replace(tzinfo=None, microsecond=0) for entry in entries],
        "path": [str(entry.path) for entry in entries],
    }
    with open_connection() as connection:
        write_result(connection, sql.read("recstore.cli.sql", "cache_entries"), form, values=values)
