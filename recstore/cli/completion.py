"""What the shell completes: tables, columns, functions with their parameters, keywords, commands, saved queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from recstore import saved_queries, sql

_WORD = re.compile(r"[\w.]*$")
_NAME = re.compile(r"(\w+)\s*$")
_SQL = "recstore.cli.sql"


@dataclass(frozen=True)
class Function:
    """A table function of the store: its parameters in order, and what it is for."""

    parameters: tuple[str, ...]
    about: str


@dataclass
class Vocabulary:
    """The names that a session knows; `about` says what a name is."""

    functions: dict[str, Function] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    keywords: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Vocabulary:
        """Ask the connection, on a cursor of its own, what is there now."""
        words = cls()
        with connection.cursor() as cursor:
            for name, overloads, comment in cursor.execute(sql.read(_SQL, "complete_functions")).fetchall():
                # What a larger overload takes besides; the store comes last.
                parameters = dict.fromkeys(parameter for overload in overloads for parameter in overload)
                if parameters.pop("store", "") is None:
                    parameters["store"] = None
                words.functions[name] = Function(tuple(parameters), comment or "")
            for table, column, comment in cursor.execute(sql.read(_SQL, "complete_columns")).fetchall():
                words.columns.setdefault(table, []).append(column)
                words.about.setdefault(column, comment or f"column of {table}")
            keywords = cursor.execute("SELECT keyword_name FROM duckdb_keywords() ORDER BY 1").fetchall()
            words.keywords = [name.upper() for (name,) in keywords]
        return words


def open_call(text: str) -> str:
    """Return the name before the innermost parenthesis that is open at the end of `text`."""
    depth = 0
    for offset in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[offset], 0)
        if depth < 0:
            found = _NAME.search(text, 0, offset)
            return found[1] if found else ""
    return ""


class StoreCompleter(Completer):
    """Completes SQL and the shell's own commands."""

    def __init__(self, vocabulary: Vocabulary, commands: Mapping[str, str]) -> None:
        """Complete the names of `vocabulary`, which may change, and `commands` with what they do."""
        self.vocabulary = vocabulary
        self._commands = commands
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return what may stand at the cursor, the nearest meaning first."""
        text = document.text_before_cursor
        if text.startswith("."):
            yield from self._of_commands(text, complete_event)
            return
        found = _WORD.search(text)
        word = found[0] if found else ""
        qualifier, _, begun = word.rpartition(".")
        seen: set[str] = set()
        for name, shown, about in self._candidates(text, qualifier.rpartition(".")[2]):
            bare = name.rstrip("( :=").lower()
            if bare.startswith(begun.lower()) and name not in seen and (begun or qualifier or "=" in name):
                seen.add(name)
                yield Completion(name, -len(begun), display=shown, display_meta=about)

    def _candidates(self, text: str, qualifier: str) -> Iterable[tuple[str, str, str]]:
        words = self.vocabulary
        if qualifier in words.columns:
            yield from ((name, name, words.about.get(name, "")) for name in words.columns[qualifier])
            return
        call = open_call(text)
        if call in words.functions:
            for name in words.functions[call].parameters[1:]:
                yield f"{name} := ", name, f"parameter of {call}"
        for name, function in words.functions.items():
            yield f"{name}(", f"{name}({', '.join(function.parameters)})", function.about.partition(":")[0]
        yield from ((name, name, "table") for name in words.columns)
        yield from ((name, name, about) for name, about in words.about.items())
        if not qualifier:
            yield from ((name, name, "") for name in words.keywords)

    def _of_commands(self, text: str, event: CompleteEvent) -> Iterable[Completion]:
        command, blank, rest = text.partition(" ")
        if not blank:
            for name, about in self._commands.items():
                if name.startswith(command):
                    yield Completion(name, -len(command), display_meta=about)
        elif command == ".query" and " " not in rest:
            for query in saved_queries():
                if query.name.startswith(rest):
                    yield Completion(query.name, -len(rest), display_meta=query.answers)
        elif command == ".read":
            yield from self._paths.get_completions(Document(rest), event)
