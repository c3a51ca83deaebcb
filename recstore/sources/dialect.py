"""How the text of a CSV file is to be read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from recstore.errors import OptionError

#: What Python calls encodings, and no text is in.
_NO_TEXT = frozenset(("base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "undefined", "idna", "punycode"))


def _is_encoding(name: object) -> bool:
    """Tell whether text can be in an encoding of that name."""
    try:
        return isinstance(name, str) and codecs.lookup(name).name not in _NO_TEXT
    except LookupError:
        return False


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the text of a CSV file is to be read; what is None is found out.

    `delimiter` and `quote` are single characters; the first may be "::". `encoding` is "utf-8", "utf-16", "latin-1" or
    another of Python's, such as "cp932". `header` says whether the first line names the columns; `columns` names them
    where none does, or where it names them wrongly. `decimal` is the character before the decimals, `null` what stands
    for a missing value.
    """

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    decimal: str | None = None
    null: str | None = None

    def __post_init__(self) -> None:
        """Refuse what DuckDB could not read by: an `OptionError`."""
        for name in ("delimiter", "quote", "decimal"):
            value = getattr(self, name)
            is_long = isinstance(value, str) and len(value) > 1 and (name, value) != ("delimiter", "::")
            if value is not None and (not isinstance(value, str) or is_long or (not value and name != "quote")):
                raise OptionError(f"{name} is a single character, such as ';', not {value!r}.")
        if self.encoding is not None and not _is_encoding(self.encoding):
            raise OptionError(f"encoding is utf-8, utf-16, latin-1 or another of Python's, not {self.encoding!r}.")
        object.__setattr__(self, "columns", tuple(self.columns))
