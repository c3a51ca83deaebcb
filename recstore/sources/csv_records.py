"""The records of a CSV file, one after the other, whatever is wrong with any of them.

A line that is a record by itself is always one: a quote that is never closed costs its own line and no other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

#: A record that runs on for longer is one whose quote is never closed.
_MOST_LINES = 10_000
WRONG_COUNT = "wrong number of columns"
WRONG_BREAK = "a carriage return within a line"
WRONG_QUOTE = "a quote is out of place"
NOT_UTF8 = "not valid UTF-8"


@dataclass(frozen=True)
class Record:
    """One record: the `line` it begins in, from 1; its `fields`, or the `reason` why it has none; and its text.

    A field that is empty and stands in no quotes is None.
    """

    line: int
    fields: list[str | None] | None
    raw: str
    reason: str | None = None


@dataclass(frozen=True)
class Grammar:
    """How fields are delimited and quoted; `escape` before a quote within quotes makes it mean itself."""

    delimiter: str
    quote: str
    escape: str

    @cached_property
    def _inner(self) -> str:
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        if self.quote == self.escape:
            return f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"
        return f"[^{quote}{escape}]*(?:{escape}.[^{quote}{escape}]*)*"

    @cached_property
    def _blank(self) -> str:
        return "" if self.delimiter == " " else " *"

    @cached_property
    def _closing(self) -> re.Pattern[str]:
        return re.compile(
            f"({self._inner}){re.escape(self.quote)}{self._blank}(?={re.escape(self.delimiter)}|$)", re.DOTALL
        )

    @cached_property
    def _opening(self) -> re.Pattern[str]:
        return re.compile(f"{self._blank}{re.escape(self.quote)}")

    @cached_property
    def _unclosed(self) -> re.Pattern[str]:
        return re.compile(f"{self._inner}\\Z", re.DOTALL)

    def scan(self, text: str, fields: list[str | None], begun: list[str]) -> bool:
        """Take the fields of one line; False where a quote is out of place.

        `begun` are the texts of a quoted field that earlier lines began; what it holds afterwards is to be continued.
        """
        text, returns = text.removesuffix("\r"), "\r" if text.endswith("\r") else ""
        place = 0
        while True:
            opened = None if begun else self._opening.match(text, place)
            if begun or opened:
                start = opened.end() if opened else place
                closed = self._closing.match(text, start)
                if closed is None:
                    begun.append(text[start:] + returns)
                    return bool(self._unclosed.match(text, start))
                fields.append(self._meant("\n".join([*begun, closed[1]])))
                begun.clear()
                place = closed.end()
            else:
                end = text.find(self.delimiter, place)
                end = len(text) if end < 0 else end
                fields.append(text[place:end] or None)
                place = end
            if place == len(text):
                return True
            place += len(self.delimiter)

    def scan_loosely(self, text: str, n_fields: int) -> list[str | None] | None:
        """Return the fields of one line in which quotes within quotes stand for themselves, or None.

        Such as `"12" vinyl"`: where a quote ends a field only before a delimiter, there must be `n_fields` fields.
        """
        fields: list[str | None] = []
        place = 0
        while place <= len(text):
            found = self._loose.match(text, place)
            if found is None:
                return None
            fields.append(found[1] if found[1] is not None else found[2] or None)
            place = found.end() + len(self.delimiter)
        return fields if len(fields) == n_fields else None

    @cached_property
    def _loose(self) -> re.Pattern[str]:
        quote, mark, blank = re.escape(self.quote), re.escape(self.delimiter), self._blank
        plain = f"[^{mark}]*" if len(self.delimiter) == 1 else f"(?:(?!{mark}).)*"
        return re.compile(f"{blank}{quote}(.*?){quote}{blank}(?={mark}|$)|(?!{blank}{quote})({plain})(?={mark}|$)")

    def written(self, fields: list[str | None]) -> str:
        """Return fields as a record of this form."""
        if not self.quote:
            return self.delimiter.join(field or "" for field in fields)
        return self.delimiter.join(
            f"{self.quote}{self._escaped(field)}{self.quote}" if field else "" for field in fields
        )

    def _escaped(self, field: str) -> str:
        if self.escape != self.quote:
            field = field.replace(self.escape, self.escape * 2)
        return field.replace(self.quote, self.escape + self.quote)

    def _meant(self, inner: str) -> str:
        if self.escape not in inner:
            return inner
        if self.escape == self.quote:
            return inner.replace(self.quote * 2, self.quote)
        return re.sub(f"{re.escape(self.escape)}(.)", r"\1", inner, flags=re.DOTALL)


def records(lines: Iterable[bytes], grammar: Grammar, n_fields: int | None = None) -> Iterator[Record]:
    """Give the records of lines in UTF-8, which may end in CR, LF or both; blank ones are none.

    With `n_fields`, a record of another number of fields is at fault, and so is each of the lines it stands in.
    """
    numbered = _Lines(lines)
    while (taken := numbered.take()) is not None:
        found = _record(*taken, grammar, numbered, n_fields)
        if found is not None:
            yield found


def sift(
    lines: Iterable[bytes], grammar: Grammar, n_fields: int, *, has_header: bool, keep: Callable[[bytes], object]
) -> Iterator[Record]:
    """Give the records that are at fault; `keep` gets the text of the others, with one more field: their line."""
    numbered = _Lines(lines)
    mark, quote = grammar.delimiter.encode(), grammar.quote.encode() or b"\r"
    while (taken := numbered.take()) is not None:
        line, data = taken
        data = data.removesuffix(b"\r")
        is_plain = quote not in data and b"\r" not in data and data.count(mark) == n_fields - 1
        if is_plain and data and (data.isascii() or _is_text(data)) and not has_header:
            keep(b"%s%s%d\n" % (data, mark, line))
            continue
        found = _record(*taken, grammar, numbered, None if has_header else n_fields)
        if found is None or has_header:
            # (A header may have another number of names than there are fields.)
            has_header = has_header and found is None
        elif found.fields is None:
            yield found
        elif not grammar.quote and "\r" in found.raw:
            yield Record(line, None, found.raw, WRONG_BREAK)
        else:
            keep(b"%s%s%d\n" % (grammar.written(found.fields).encode(), mark, line))


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _record(line: int, data: bytes, grammar: Grammar, numbered: _Lines, n_fields: int | None) -> Record | None:
    """Return the record that begins in a line, or None where that is blank."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Record(line, None, data.decode(errors="replace"), NOT_UTF8)
    raw = text.removesuffix("\r")
    if not raw.strip(" "):
        return Record(line, [raw or None], raw) if n_fields == 1 else None
    if not grammar.quote or grammar.quote not in raw:
        fields: list[str | None] = [field or None for field in raw.split(grammar.delimiter)]
        reason = None
    else:
        fields, reason = _quoted(text, grammar, numbered, n_fields)
    if reason is None and n_fields is not None and len(fields) != n_fields:
        reason = WRONG_COUNT
    return Record(line, None if reason else fields, raw, reason)


def _quoted(text: str, grammar: Grammar, numbered: _Lines, n_fields: int | None) -> tuple[list[str | None], str | None]:
    """Return the fields of a line with quotes, and of those that continue it; or the reason why it is no record."""
    fields: list[str | None] = []
    begun: list[str] = []
    if not grammar.scan(text, fields, begun):
        loose = grammar.scan_loosely(text.removesuffix("\r"), n_fields) if n_fields else None
        return (fields, WRONG_QUOTE) if loose is None else (loose, None)
    taken: list[tuple[int, bytes]] = []
    is_sound = True
    while begun and is_sound:
        following = numbered.take() if len(taken) < _MOST_LINES else None
        if following is None:
            is_sound = False
            break
        taken.append(following)
        try:
            is_sound = grammar.scan(following[1].decode(), fields, begun)
        except UnicodeDecodeError:
            is_sound = False
    if not is_sound or (taken and n_fields is not None and len(fields) != n_fields):
        numbered.give_back(taken)
        return fields, WRONG_QUOTE
    return fields, None


class _Lines:
    """Lines with their numbers; what was taken too much can be given back."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = enumerate(lines, 1)
        self._back: deque[tuple[int, bytes]] = deque()

    def take(self) -> tuple[int, bytes] | None:
        if self._back:
            return self._back.popleft()
        found = next(self._lines, None)
        if found is None:
            return None
        number, data = found
        if number == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        return number, data.removesuffix(b"\n")

    def give_back(self, taken: list[tuple[int, bytes]]) -> None:
        self._back.extendleft(reversed(taken))
