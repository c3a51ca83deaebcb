"""Which item is meant by a text: the one rule, for the functions in SQL and for what Python asks.

In a catalogue whose ids are its integer keys, the blanks around a text are nothing. It is a name before it is an id: of
several items of that name the preferred one is meant, then that with the smaller key. A text that names nothing is an
id where it is a whole number: digits, with a sign or without, and behind a point nothing but zeros.
In a catalogue whose user's ids are kept as they are (`Catalog.identity`), a text is an id of their type before it is a
name, and blanks count.
"""

from __future__ import annotations

#: A whole number as text, as SQL writes a regular expression: `$whole_number` of the functions.
WHOLE_NUMBER = "'^[+-]?[0-9]+([.]0*)?$'"
_WHOLE = frozenset(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")) | {
    "INTEGER",
    "UINTEGER",
}


def typed_text(text: str, kind: str) -> str:
    """Return SQL that brings a text to the type of an id: NULL where it is none of that type."""
    if kind == "VARCHAR":
        return text
    if kind in _WHOLE:
        # A table of the caller's may hold ids as floating-point numbers: 17850.0 is 17850.
        return f"CASE WHEN regexp_matches({text}, {WHOLE_NUMBER}) THEN TRY_CAST({text} AS {kind}) END"
    return f"TRY_CAST({text} AS {kind})"
