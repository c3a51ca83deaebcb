"""How a CSV file is written: its delimiter, its quotes, and whether its first record names the columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from recstore.errors import SourceError
from recstore.sources.csv_records import Grammar, Record, records
from recstore.sources.dialect import Dialect
from recstore.sources.plain_text import read_lines
from recstore.sources.streams import check_names, unique_names

_DELIMITERS = (",", ";", "\t", "|", "::")
#: A line of numbers alone may have blanks between them.
_NUMBERS = re.compile(r"\s*[-+]?\d[\d.eE+-]*( [-+]?\d[\d.eE+-]*)+\s*")
#: So many records show how a file is written.
_SHOWN = 1000
_SHOWN_BYTES = 1 << 18


class LongHeaderError(SourceError):
    """A header names more columns than there are: nobody can tell which of the names stand over nothing."""


@dataclass(frozen=True)
class Form:
    """How a file is written; `names` are those of its columns, each once whatever its case."""

    grammar: Grammar
    has_header: bool
    names: tuple[str, ...]


def find_form(path: Path, named: str, dialect: Dialect) -> Form:
    """Return the form of a file, from its first records and from what is told of it.

    Raises `SourceError` where its header and its records do not fit together.
    """
    with path.open("rb") as opened:
        text = opened.read(_SHOWN_BYTES).decode(errors="replace")
    read = {one: list(islice(records(read_lines(path), one), _SHOWN)) for one in _grammars(dialect, text)}
    grammar, found = max(read.items(), key=lambda pair: _likelihood(*pair))
    if dialect.header is not False and not dialect.columns:
        grammar, found = _with_longer_header(read) or (grammar, found)
    whole = [record for record in found if record.fields is not None]
    if not whole:
        raise SourceError(f"{named} has no line that can be read as CSV; say how it is written (delimiter, quote).")
    return _with_names(named, dialect, grammar, whole)


def _with_longer_header(read: Mapping[Grammar, list[Record]]) -> tuple[Grammar, list[Record]] | None:
    """Return the form in which several names stand over lines of one field each, where lines have no more in any."""
    forms = [
        (grammar, [len(record.fields) for record in found if record.fields is not None])
        for grammar, found in read.items()
    ]
    if any(max(counts[1:], default=2) > 1 for _grammar, counts in forms):
        return None
    grammar, counts = max(forms, key=lambda form: form[1][0])
    named = read[grammar][0].fields or []
    return (grammar, read[grammar]) if counts[0] > 1 and all(name and name.strip() for name in named) else None


def _grammars(dialect: Dialect, text: str) -> list[Grammar]:
    """Return the forms that are to be tried, from the likeliest on."""
    found = []
    lines = text.splitlines()[:_SHOWN]
    numbers = (" ",) if lines and all(map(_NUMBERS.fullmatch, lines)) else ()
    for delimiter in (dialect.delimiter,) if dialect.delimiter else (*_DELIMITERS, *numbers):
        for quote in (dialect.quote,) if dialect.quote is not None else _quotes(delimiter, text):
            found.append(Grammar(delimiter, quote, quote))
            if quote == '"' and '\\"' in text:
                found.append(Grammar(delimiter, quote, "\\"))
    return found


def _quotes(delimiter: str, text: str) -> list[str]:
    """Return what may quote fields: others than double quotes only where no field stands in those."""
    mark = re.escape(delimiter)
    if re.search(f'(?m)(?:^|{mark})"[^"\n]*"(?={mark}|\r?$)', text):
        return ['"']
    single = len(re.findall(f"(?m)^(?:.*{mark})?'[^'\n]*'(?={mark}|\r?$)", text))
    return ['"', *(["'"] if 2 * single > text.count("\n") else []), *([""] if delimiter in "\t|" else [])]


def _likelihood(grammar: Grammar, found: Sequence[Record]) -> tuple[bool, bool, float, int, float]:
    """Return how well records fit a form.

    That they have several fields, that the first has as many as the others, which share has as many, how many those
    are; and, where only the escape differs, the share once more, to the last record.
    """
    counts = Counter(len(record.fields) for record in found[1:] or found if record.fields is not None)
    if not counts:
        return False, False, 0.0, 0, 0.0
    n_fields, n_records = counts.most_common(1)[0]
    share = n_records / len(found[1:] or found)
    fits = len(found[0].fields or ()) == n_fields
    return n_fields > 1, fits, round(share, 1), n_fields, share if grammar.quote == '"' else 0.0


def _with_names(named: str, dialect: Dialect, grammar: Grammar, found: Sequence[Record]) -> Form:
    first = [field or "" for field in found[0].fields or ()]
    rest = [record.fields for record in found[1:] if record.fields is not None]
    width = Counter(len(fields) for fields in rest).most_common(1)[0][0] if rest else len(first)
    if dialect.columns:
        given = {name.casefold() for name in dialect.columns}
        names = list(dialect.columns)
        has_header = dialect.header if dialect.header is not None else (
            any(field.strip().casefold() in given for field in first) or (len(first) != width == len(names))
        )  # fmt: skip
        if rest and len(names) != width:
            raise SourceError(
                f"{named}: columns gives {len(names)} names, but its lines have {width} fields; name all of them."
            )
    else:
        has_header = dialect.header if dialect.header is not None else _is_header(first, rest)
        names = first if has_header else [f"column{number}" for number in range(width)]
        if has_header and rest and len(first) != width:
            error = LongHeaderError if len(first) > width else SourceError
            raise error(
                f"{named}: its header has {len(first)} names, but its lines have {width} "
                f"{'field' if width == 1 else 'fields'}; mend the header, or name all of them in a declaration by "
                'columns = ["…", "…"].'
            )
    check_names(named, names)
    return Form(grammar, has_header, unique_names(names))


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str | None]]) -> bool:
    """Tell whether the first record looks unlike the others: words over numbers, or other words than theirs."""
    columns = [[one for fields in rest for one in fields[place : place + 1] if one] for place in range(len(first))]
    if any(
        re.search(r"[^\W\d_]", name)
        and not re.search(r"\d", name)
        and column
        and not any(re.search(r"[^\W\d_]", one) for one in column)
        for name, column in zip(first, columns, strict=True)
    ):
        return True
    return not any(_is_like(name, column) for name, column in zip(first, columns, strict=True))


def _is_like(name: str, column: Sequence[str]) -> bool:
    """Tell whether a first value is of the shape of those below it, or begins as they do, up to a digit."""
    shape = _shape(name)
    if "0" not in shape:
        return False
    stem = re.match(r"\D*", name)
    begins = stem[0] if stem and len(stem[0]) > 1 else None
    like = sum(_shape(value) == shape or bool(begins and value.startswith(begins)) for value in column)
    return like > 0.8 * len(column) if column else shape == "0"


def _shape(text: str) -> str:
    """Return a text with "a" for each run of letters, and "0" for each number."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[-+]?\d+([.,]\d+)?", "0", text.strip()))
