"""How the text of a CSV file is to be read."""

from __future__ import annotations

from dataclasses import dataclass

from recstore.errors import OptionError


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the text of a CSV file is to be read; what is None is found out.

    `delimiter` and `quote` are single characters. `encoding` is "utf-8", "utf-16" or "latin-1". `header` says whether
    the first line names the columns; `columns` names them where none does, or where it names them wrongly. `decimal`
    is the character before the decimals, `null` what stands for a missing value.
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
            if value is not None and (not isinstance(value, str) or len(value) > 1 or (not value and name != "quote")):
                raise OptionError(f"{name} is a single character, such as ';', not {value!r}.")
        if self.encoding is not None and self.encoding not in ("utf-8", "utf-16", "latin-1"):
            raise OptionError(f"encoding is utf-8, utf-16 or latin-1, not {self.encoding!r}; convert the file first.")
        object.__setattr__(self, "columns", tuple(self.columns))
