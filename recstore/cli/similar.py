"""`recstore similar`: the items most like one item, or like several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import cast

import duckdb

from recstore import catalog_of, connect, vector_of_file, why_nothing_is_similar
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.cli.watching import watch
from recstore.errors import OptionError, RecstoreError, first_line
from recstore.tools import say_unknown_items, told_when_damaged


@dataclass(frozen=True)
class Question:
    """What is asked: the examples, what a value is given for, what is SQL over the items' columns, and how many.

    Instead of examples there may be a `file`, with the folder of the `weights` that it is embedded with.
    """

    items: Sequence[str]
    values: Mapping[str, object]
    expressions: Mapping[str, str | None]
    k: int

    file: Path | None = None
    weights: Path | None = None

    @property
    def names(self) -> list[str]:
        """All that is named: the examples, those against, and what is to be left out."""
        others = (cast("Sequence[str] | None", self.values.get(name)) or () for name in ("disliked", "exclude"))
        return list(dict.fromkeys([*self.items, *chain.from_iterable(others)]))

    def call(self, function: str) -> tuple[str, dict[str, object]]:
        """Return the call of the function that answers, and the values of its parameters."""
        item: object = self.items[0] if len(self.items) == 1 else list(self.items)
        return self._call(function, item, self.values)

    def call_with(self, function: str, vector: Sequence[float], space: str) -> tuple[str, dict[str, object]]:
        """Return the call of a function that answers for a vector of a space, and the values of its parameters."""
        return self._call(function, list(vector), {**self.values, "space": space})

    def _call(self, function: str, item: object, given: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        values: dict[str, object] = {"item": item, "k": self.k}
        values |= {name: value for name, value in given.items() if value not in (None, [])}
        named = [f"{name} := ${name}" for name in values if name != "item"]
        named += [f"{name} := ({text}\n)" for name, text in self.expressions.items() if text is not None]
        return f"{function}({', '.join(['$item', *named])})", values


def print_similar(
    store: Path, catalog_name: str, question: Question, form: Format, output: Path | None, untrusted: bool
) -> None:
    """Print the neighbours of items; say what is near by name where there is no such item."""
    with told_when_damaged(store, untrusted=untrusted), connect(store, untrusted=untrusted) as connection:
        catalog = catalog_of(connection, catalog_name, untrusted=untrusted)
        if question.file is None and question.weights is not None:
            raise OptionError("--vggish goes with --file: give the file that is to be embedded, too.")
        if question.file is not None:
            _refuse_with_file(question, untrusted)
            space, vector = vector_of_file(
                connection,
                catalog,
                question.file,
                cast("str | None", question.values.get("space")),
                weights=question.weights,
                progress=watch(quiet=False),
            )
            call, values = question.call_with(f"nearest_{catalog.name}", vector, space)
        else:
            call, values = question.call(f"similar_{catalog.name}")
        try:
            with told_when_damaged(store, untrusted=untrusted):
                found = connection.execute(f"SELECT count(*) FROM {call}", values).fetchall()
        except (
            duckdb.InvalidInputException,
            duckdb.ConversionException,
            duckdb.BinderException,
            duckdb.ParserException,
        ) as error:
            raise OptionError(_said(error, question, catalog_name)) from error
        if found == [(0,)] and question.file is not None:
            raise RecstoreError(f"No {catalog.item} is left: none is let through, or there is none.")
        if found == [(0,)]:
            _refuse_limits(connection, question, catalog.name, catalog.item)
            named = question.values.get("space")
            asked_space = str(named) if named is not None else None
            raise RecstoreError(why_nothing_is_similar(connection, catalog, question.items[0], asked_space))
        if question.names != question.items or len(question.items) > 1:
            say_unknown_items(connection, catalog, question.names, watch(quiet=False))
        write_result(connection, f"FROM {call}", form, output, values)


def _refuse_with_file(question: Question, untrusted: bool) -> None:
    if untrusted:
        raise OptionError(
            "--file is not asked of a stranger's store. Without --untrusted it is, if you trust the store."
        )
    if question.items:
        raise OptionError("Name items, or a file with --file, not both.")
    if question.values.get("disliked"):
        raise OptionError("--disliked belongs to items, and not to --file.")


def _refuse_limits(connection: duckdb.DuckDBPyConnection, question: Question, catalog: str, item: str) -> None:
    """Say that nothing is left where the items have neighbours, and what is asked besides lets none of them through."""
    plain = replace(question, values={"space": question.values.get("space")}, expressions={}, k=1)
    call, values = plain.call(f"similar_{catalog}")
    if connection.execute(f"SELECT count(*) FROM {call}", values).fetchall() != [(0,)]:
        limits = [name for name, text in question.expressions.items() if text is not None and name == "filter"]
        limits += ["exclude"] if question.values.get("exclude") else []
        named = " and ".join(f"--{name}" for name in limits) or "what is available"
        raise RecstoreError(f"No {item} is left: {named} {'let' if len(limits) > 1 else 'lets'} none through.")


def _said(error: duckdb.Error, question: Question, catalog: str) -> str:
    """Return what is wrong with a question, in a sentence."""
    text = first_line(error)
    if found := re.search(r"'((?:similar|nearest)_\w+: .*)' to", text):
        return found[1]
    for kind in ("Invalid Input Error: ", "Binder Error: ", "Parser Error: "):
        text = text.removeprefix(kind)
    if "does not support the supplied arguments" in text:
        given = ", ".join(
            f"--{name.replace('_', '-')}"
            for name in ("per_group", "include_unavailable", "popularity")
            if question.values.get(name) is not None
        )
        return (
            f"The catalogue {catalog} does not know {given}: it declares no groups, nothing of what is available, or "
            "no interactions."
        )
    expressions = " and ".join(f"--{name}" for name, text in question.expressions.items() if text is not None)
    if isinstance(error, duckdb.InvalidInputException) or not expressions:
        return text
    return f"{expressions}: {text}"
