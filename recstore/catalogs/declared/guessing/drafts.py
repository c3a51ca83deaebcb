"""Writes a declaration down as TOML, with what is to be said of each line above it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

_WIDTH = 110
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass
class Side:
    """One side of a declaration in the making: values by their keys in the file, what is said of each, and questions.

    A question may have a line that would be the answer, which then stands there as a comment.
    """

    values: dict[str, object] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    questions: list[tuple[str, str]] = field(default_factory=list)

    def set(self, key: str, value: object, *notes: str) -> None:
        """Declare a value; of an empty one nothing is kept."""
        if value is None or value in ("", [], (), {}):
            return
        self.values[key] = value
        if notes:
            self.notes.setdefault(key, []).extend(notes)

    def ask(self, question: str, key: str = "", value: object = None) -> None:
        """Keep a question, and the line that may answer it."""
        self.questions.append((question, f"{_key(key)} = {_value(value)}" if key else ""))


def written(name: str, head: list[str], items: Side, interactions: Side | None) -> str:
    """Return the text of `recstore.toml`."""
    parts = [*_comments(head), f"[{name}]", *_lines(items)]
    if interactions is not None:
        parts += ["", f"[{name}.interactions]", *_lines(interactions)]
    return "\n".join(parts) + "\n"


def _lines(side: Side) -> list[str]:
    found = []
    for key, value in side.values.items():
        found += _comments(side.notes.get(key, []))
        found.append(f"{_key(key)} = {_value(value)}")
    for question, answer in side.questions:
        found += _comments([f"? {question}"])
        if answer:
            found += [f"# {line}" for line in answer.splitlines()]
    return found


def _comments(notes: list[str]) -> list[str]:
    return [
        f"# {line}"
        for note in notes
        for line in textwrap.wrap(_tidy(note), _WIDTH, break_long_words=False, break_on_hyphens=False)
    ]


def _tidy(text: str) -> str:
    """Return a text without what ends a comment, or may not stand in one."""
    return "".join(one if one.isprintable() else " " for one in text)


def _key(key: str) -> str:
    return ".".join(part if _BARE.fullmatch(part) else _quoted(part) for part in key.split("."))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return (
            "{ "
            + ", ".join(
                f"{one if _BARE.fullmatch(one) else _quoted(one)} = {_value(given)}" for one, given in value.items()
            )
            + " }"
        )
    if isinstance(value, list | tuple):
        listed = ", ".join(map(_value, value))
        return f"[{listed}]" if len(listed) < _WIDTH else "[\n    " + ",\n    ".join(map(_value, value)) + ",\n]"
    text = str(value)
    if "\n" in text:
        escaped = "\n".join(_quoted(line)[1:-1].replace('\\"', '"') for line in text.split("\n"))
        return '"""\n' + escaped.replace('"""', '""\\"') + '"""'
    return _quoted(text)


def _quoted(text: str) -> str:
    """Return a basic string of TOML."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(
        escapes.get(one, one if one >= " " and one != "\x7f" else f"\\u{ord(one):04x}") for one in text
    ) + '"'  # fmt: skip
