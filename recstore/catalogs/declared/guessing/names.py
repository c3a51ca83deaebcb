"""Names: as they stand in SQL, and what a catalogue may be called."""

from __future__ import annotations

import re
from functools import cache

from recstore import sql
from recstore.catalogs.declared.declaration import RESERVED
from recstore.catalogs.declared.guessing.profiles import Table
from recstore.catalogs.declared.guessing.words import meanings, words_of
from recstore.opening import open_connection

#: Words of file names that say nothing of the items in them: of data as such, and of what was done with items.
_GENERAL = frozenset(
    """info data train test main file table dataset export all metadata meta dump input output sample tmp temp part
    query result results catalog catalogue events event clicks views sales sale orders order transactions transaction
    ratings rating reviews review plays log logs history interactions checkouts loans purchases activity behavior
    behaviour usage sessions session visits feedback user users customer customers list full small clean raw final new
    master""".split()  # noqa: SIM905 - a list of words is read more easily so
)
#: Names of tables and catalogues that recstore has itself.
OURS = frozenset(
    """movies audio spaces builds catalogs store_info load_rejects evaluations ratings tags similar recstore
    gathered""".split()  # noqa: SIM905
)
#: A file with a longer name says what is in it, and not what it is about.
_MOST_WORDS = 5
#: What a catalogue is called in the plural.
_SINGULAR = (
    "item",
    "product",
    "book",
    "movie",
    "track",
    "song",
    "article",
    "artist",
    "video",
    "game",
    "recipe",
    "paper",
)
#: What items are called whose ids have a name of their own, or one that is cut short.
_CALLED = {
    **dict.fromkeys(("asin", "sku", "ean", "upc", "gtin", "stock", "prod"), "products"),
    **dict.fromkeys(("tra", "trk", "tr"), "tracks"),
    **{"isbn": "books", "art": "artists", "doc": "documents", "movie": "my_movies", "content": "contents"},
}


def bare(name: str) -> str:
    """Return a name as it stands in SQL: in quotes only where it needs them."""
    is_plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in _words_of_sql(reserved=True)
    return name if is_plain else sql.identifier(name)


def keywords() -> frozenset[str]:
    """Return the words of SQL that mean something by themselves."""
    return _words_of_sql(reserved=False)


@cache
def _words_of_sql(*, reserved: bool) -> frozenset[str]:
    with open_connection() as connection:
        rows = connection.execute("SELECT keyword_name, keyword_category FROM duckdb_keywords()").fetchall()
    return frozenset(name for name, category in rows if not reserved or category != "unreserved")


def renaming(table: Table) -> str:
    """Return what stands after SELECT for all columns: those of functions' own names under another."""
    clashing = [name for name in table.columns if name.lower() in RESERVED]
    if not clashing:
        return "*"
    return "* RENAME (" + ", ".join(f"{sql.identifier(one)} AS item_{one.lower()}" for one in clashing) + ")"


def catalog_name(name: str) -> str:
    """Return a name that a catalogue can have, or "" where it says nothing of items."""
    words = re.findall(r"[a-z]+[0-9]*|[0-9]+", re.sub(r"[^a-z0-9]+", " ", " ".join(words_of(name))))
    while words and (words[-1] in _GENERAL or words[-1].isdigit()):
        words.pop()
    while words and (words[0] in _GENERAL or words[0].isdigit()):
        words.pop(0)
    while words and len(words[-1]) == 1:
        words.pop()
    if len(words) == 1 and words[0] in _SINGULAR:
        words[0] += "s"
    if len(words) > _MOST_WORDS:
        return ""
    text = "_".join(words)[:31].strip("_")
    return f"my_{text}"[:31] if text in OURS or text in keywords() else text


def plural(column: str) -> str:
    """Return what the items are called whose ids a column holds: "books" of book_id."""
    words = [word for word in words_of(column) if meanings(word).get("item")] or ["item"]
    word = _CALLED.get(words[0], words[0])
    return word if word.endswith("s") or word in _CALLED.values() else f"{word}s"
