"""Guesses what the columns of a table of items mean."""

from __future__ import annotations

import re

import duckdb

from recstore import sql
from recstore.catalogs.declared.declaration import MADE
from recstore.catalogs.declared.guessing.categories import is_list_of_texts, tokens_of
from recstore.catalogs.declared.guessing.drafts import Side
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table, count, different
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.guessing.words import meanings, words_of
from recstore.errors import OptionError

_SQL = "recstore.catalogs.declared.guessing.sql"
_MOST_CATEGORIES = 12
#: So many columns of yes and no, at least, are kinds that an item may be of.
_FEWEST_FLAGS = 4
#: Ids of another shape are asked about where they are no more than this share, and this many.
_FEW_ODD, _MOST_ODD = 0.02, 50
_NO = {"no", "not", "non", "un", "out", "kein", "nicht", "sin", "pas"}
_YES = ("true", "yes", "y", "t", "1", "ja", "j", "si", "sí", "s", "oui", "o", "active", "1.0")
_FLAGS = (
    {"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"0", "1"}, {"0.0", "1.0"},
    {"ja", "nein"}, {"j", "n"}, {"oui", "non"}, {"o", "n"}, {"si", "no"}, {"sí", "no"}, {"s", "n"}, {"ja", "nee"},
)  # fmt: skip
#: A column with fewer different values than this share of its rows sorts items, and does not name them.
_SORTS = 0.1
#: Words that say that a title is not the one that people know an item by.
_LESSER = {"original", "short", "sort", "alt", "alternative", "search", "sub", "old", "file", "user", "first", "last"}


class ItemsGuess:
    """Guesses the items' side of a declaration; `stem` is the name of their file, of which ids may be called."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, stem: str) -> None:
        self.connection = connection
        self.table = table
        self.stem = stem
        self.side = Side()
        self.taken: set[str] = set()

    def run(self, identity: str | None = None) -> Side:
        """Return the guess; `identity` is the column that interactions point at, where that is known."""
        for note in self.table.notes:
            self.side.notes.setdefault("items", []).append(note)
        for key, value in {"items": self.table.source, **self.table.told()}.items():
            self.side.set(key, value)
        id_ = self.table.columns[identity] if identity else self._identity()
        self._declare_identity(id_)
        self._title(id_)
        self._vectors()
        self._available()
        self._odd_ids(id_)
        self._group(id_)
        categories = self._categories()
        self._texts()
        self.side.set("categories", categories)
        order = ["items", "columns", "header", "encoding", "id", "title", "text", "categories"]
        rest = [key for key in self.side.values if key not in order]
        self.side.values = {key: self.side.values[key] for key in (*order, *rest) if key in self.side.values}
        return self.side

    def _identity(self) -> Profile:
        """Return the column that tells items apart best."""
        found = sorted(
            (one for one in self.table.columns.values() if one.can_be_id), key=self._identity_score, reverse=True
        )
        if not found or self._identity_score(found[0]) < 0:
            listed = ", ".join(self.table.columns)
            raise OptionError(
                f"{self.table.title} has no column that tells its items apart. Its columns are: {listed}. Add one "
                "that has another value in every row."
            )
        return found[0]

    def _identity_score(self, column: Profile) -> float:
        place = list(self.table.columns).index(column.name)
        words = set(words_of(column.name))
        own = words & {self.stem, self.stem.rstrip("s"), *words_of(self.stem)} if self.stem else set()
        others = words - own - {"id", "no", "nr", "code", "key", "uuid", "number", "isbn", "sku", "asin", "ean"}
        unlikely = max(map(column.named, ("at", "rating", "value", "price", "text", "other", "group", "user")))
        return (
            (4 if column.is_unique else 3 * (column.variety - 0.8) if column.variety < 0.99 else 2)
            + (1.5 if column.is_key or column.named("item") == 1 else 0)
            + (1 if own or words <= {"id", "uuid", "key", "sku", "code"} else 0)
            - 0.3 * len(others)
            - (5 if column.scientific or column.is_float else 0)
            - 10 * column.missing
            - (1.5 if column.spaced > 0.1 * column.filled else 0)
            - (2 * unlikely if not column.is_key or column.named("other") else 0)
            - (1 if column.named("title") and not column.is_key else 0)
            - 0.02 * place
        )

    def _declare_identity(self, column: Profile) -> None:
        self.taken.add(column.name)
        notes = []
        name = sql.identifier(column.name)
        distinct = count(self.connection, self.table.relation.text, f"DISTINCT {name}")
        filled = count(self.connection, self.table.relation.text, name)
        again = self.table.rows - different(self.connection, self.table.relation.text, self.table.columns) if (
            distinct < filled
        ) else 0  # fmt: skip
        filled -= again
        if again:
            notes.append(f"{again:,} rows of {self.table.title} are there again as they are: a build merges them.")
        if distinct == filled == self.table.rows - again:
            notes.append(f"{column.name} is another in each of the {filled:,} rows.")
        else:
            notes.append(f"{column.name} has {distinct:,} different values in {self.table.rows:,} rows.")
        for other in self.table.columns.values():
            if other.scientific and other.name != column.name and (other.named("item") or other.is_key):
                notes.append(
                    f"Not {other.name}: {other.scientific:,} of its values stand in scientific notation, such as "
                    f"{_example(other)}, so their last digits are lost."
                )
            elif other.is_float and other.name != column.name and other.named("item") and (other.most or 0) > 1e9:
                notes.append(
                    f"Not {other.name}: it holds floating-point numbers, whose last digits may be lost; "
                    f"{other.filled - other.distinct:,} rows share one with another."
                )
            elif self._is_rival(other, column):
                notes.append(f"Not {other.name}: {other.rows - other.filled:,} rows have none.")
        self.side.set("id", column.name, *notes)
        missing = self.table.rows - again - filled
        if missing or distinct < filled * 0.995:
            self._once(column, missing, filled - distinct)

    def _is_rival(self, other: Profile, chosen: Profile) -> bool:
        return (
            other.name != chosen.name
            and other.named("item") == 1
            and not other.is_key
            and other.can_be_id
            and other.missing > 0
            and other.variety > 0.95
        )

    def _once(self, column: Profile, missing: int, repeated: int) -> None:
        """Let each id be there once, where a build would reject many rows."""
        name = bare(column.name)
        if missing + repeated <= 0.005 * self.table.rows:
            return
        self.side.set(
            "items",
            written(_SQL, "one_of_each", key=name, source=from_clause(self.table, list(self.table.columns))),
            f"{self.table.title} has {repeated:,} more rows than ids, and {missing:,} without one: one row of each id "
            "stays.",
        )
        for key in self.table.told():
            self.side.values.pop(key, None)

    def _title(self, id_: Profile) -> None:
        found = sorted(
            (one for one in self.table.columns.values() if self._title_score(one) > 0),
            key=self._title_score,
            reverse=True,
        )
        if found and found[0].name != id_.name:
            self.side.set("title", found[0].name)
            self.taken.add(found[0].name)
        elif not found and not (id_.is_text and id_.spaced):
            self.side.ask("What are items called? No column looks like a title, so they go by their ids.")

    def _title_score(self, column: Profile) -> float:
        if not column.is_text or column.links > 0.1 * column.filled or not 1 < column.length < 200:
            return 0
        words = words_of(column.name)
        said = max(column.named("title"), 0.5 * column.named("item") if not column.is_key else 0)
        if (column.name in self.taken and not column.spaced) or (column.variety < _SORTS and column.filled >= 50):
            return 0
        if not said:
            said = 0.3 * column.named("text") if column.length < 80 else 0
            said = max(said, 0.1 if column.spaced > 0.5 * column.filled and 8 < column.length < 100 else 0)
        lesser = 0.3 * len(_LESSER & set(words)) + 0.1 * (len(words) - 1)
        others = [word for word in words if meanings(word).get("category", 0) == 1 and not meanings(word).get("title")]
        is_other = others and not meanings(words[0]).get("item") and column.variety < 0.5
        if is_other or column.variety < 0.1:
            said -= 0.6
        return (
            said * 2 - lesser + 0.5 * column.variety - column.missing - (0.3 if column.is_key else 0) if said > 0 else 0
        )

    def _vectors(self) -> None:
        for one in self.table.columns.values():
            is_list = one.is_list and re.match(r"(FLOAT|DOUBLE|DECIMAL.*|BIGINT|INTEGER)\[\d*\]$", one.type)
            is_written = one.type == "VARCHAR" and one.filled and one.bracketed > 0.95 * one.filled
            if not is_list and not is_written:
                continue
            query = sql.render(_SQL, "list_lengths", column=sql.identifier(one.name), source=self.table.sample)
            least, most, lists, whole = self.connection.execute(query).fetchall()[0]
            is_float = one.type.startswith(("FLOAT", "DOUBLE", "DECIMAL")) or any(
                "." in value for value, _n in one.common
            )
            if not lists or least != most or least < 2 or whole < lists or not is_float:
                continue
            if least < 16 and not re.search(r"(?i)vec|emb|latent|feature|factor", one.name):
                continue
            self.taken.add(one.name)
            space = re.sub(r"_?(vec|vector|emb|embedding|embeddings|vectors)$", "", "_".join(words_of(one.name)))
            space = (space if re.fullmatch(r"[a-z][a-z0-9_]{0,30}", space) and space not in MADE else "") or "embedding"
            while f"vectors.{space}" in self.side.values:
                space += "_2"
            value = one.name if is_list else f"CAST({bare(one.name)} AS DOUBLE[])"
            self.side.set(f"vectors.{space}", value, f"Each has {least} numbers: a space of its own.")

    def _available(self) -> None:
        conditions = []
        for one in self.table.columns.values():
            words = set(words_of(one.name))
            name = bare(one.name)
            is_gone = one.named("withdrawn") >= 0.5 or (one.named("available") >= 0.5 and words & _NO)
            if not is_gone and one.named("available") < 0.5:
                continue
            values = {value.lower() for value, _n in one.common}
            if one.type.startswith(("TIMESTAMP", "DATE")) and one.named("withdrawn"):
                conditions.append(f"{name} IS NULL")
            elif one.type == "BOOLEAN":
                conditions.append(_unless_missing(one, name, f"NOT {name}" if is_gone else name))
            elif one.distinct <= 2 and any(values <= flags for flags in _FLAGS):
                yes = next((flag for flag in _YES if flag in values), None)
                if yes is None:
                    continue
                given = name if one.is_number else f"'{next(v for v, _n in one.common if v.lower() == yes)}'"
                test = f"{name} {'<>' if is_gone else '='} {yes if one.is_number else given}"
                conditions.append(_unless_missing(one, name, test))
            elif (
                one.is_number and one.named("available") and not one.is_key and one.least is not None and one.least <= 0
            ):
                self.side.ask(
                    f"Is what {one.name} gives 0 for to be kept out of recommendations?", "available", f"{name} > 0"
                )
                continue
            else:
                continue
            self.taken.add(one.name)
        if conditions:
            self.side.set(
                "available",
                " AND ".join(conditions),
                "What does not meet this is recommended to nobody.",
            )

    def _odd_ids(self, id_: Profile) -> None:
        """Ask about ids that have no number in them, where nearly all others have one: of postage, of a fee."""
        if not id_.is_text:
            return
        query = sql.render(_SQL, "odd_ids", id=sql.identifier(id_.name), source=self.table.relation.text)
        odd, n = self.connection.execute(query).fetchall()[0]
        if not odd or len(odd) > min(_FEW_ODD * n, _MOST_ODD):
            return
        listed = ", ".join(map(sql.literal, odd))
        already = f"{self.side.values['available']} AND " if "available" in self.side.values else ""
        self.side.ask(
            f"Are {', '.join(odd[:12])}{' and others' if len(odd) > 12 else ''} to be recommended? Other ids have a "
            "number in them.",
            "available",
            f"{already}{bare(id_.name)} NOT IN ({listed})",
        )

    def _group(self, id_: Profile) -> None:
        for one in self.table.columns.values():
            is_named = one.named("group") >= 0.6 and (
                one.is_key or one.named("item") or set(words_of(one.name)) == {"work"}
            )
            is_other = one.named("item") == 1 and one.is_key and not one.named("group")
            if one.name in self.taken or not (is_named or is_other) or not one.can_be_id or one.missing > 0.5:
                continue
            if 0.05 < one.variety < 0.98:
                self.side.set(
                    "group",
                    bare(one.name),
                    f"Of items with the same {one.name} a list shows one.",
                )
                self.taken.add(one.name)
                return
            if one.variety >= 0.98 and is_named and one.name != id_.name:
                self.side.ask(
                    f"{one.name} would group editions of one work, but hardly two rows share one.",
                    "group",
                    bare(one.name),
                )
                self.taken.add(one.name)
                return

    def _categories(self) -> list[str]:
        found = []
        for one in self.table.columns.values():
            if one.name not in self.taken:
                expression = tokens_of(self.connection, self.table, one)
                if expression:
                    found.append((one, expression))
        found += self._flags()
        found.sort(key=lambda pair: -pair[0].named("category"))
        kept = found[:_MOST_CATEGORIES]
        order = list(self.table.columns)
        kept.sort(key=lambda pair: order.index(pair[0].name))
        for one, _expression in kept:
            if not one.named("text"):
                self.taken.add(one.name)
        return [expression for _one, expression in kept]

    def _flags(self) -> list[tuple[Profile, str]]:
        """Return the columns that say yes or no of one kind each, as one list of the kinds that an item is of."""
        flags = [
            one
            for one in self.table.columns.values()
            if one.name not in self.taken and one.distinct == 2 and not one.missing
            and (one.type == "BOOLEAN" or (one.is_number and {value for value, _n in one.common} == {"0", "1"}))
            and not any(one.named(role) >= 0.6 for role in ("available", "withdrawn", "user", "rating", "value"))
        ]  # fmt: skip
        if len(flags) < _FEWEST_FLAGS:
            return []
        listed = ", ".join(
            f"CASE WHEN {bare(one.name)}{'' if one.type == 'BOOLEAN' else ' = 1'} THEN {sql.literal(one.name)} END"
            for one in flags
        )
        return [(flags[0], f"list_filter([{listed}], lambda one: one IS NOT NULL)")]

    def _texts(self) -> None:
        title = self.side.values.get("title")
        found = [str(title)] if title else []
        for one in self.table.columns.values():
            if one.is_list and is_list_of_texts(one):
                found.append(f"array_to_string({bare(one.name)}, ' ')")
            if one.name in self.taken or not one.is_text or one.links > 0.1 * one.filled or not one.spaced:
                continue
            if one.bracketed > 0.5 * one.filled and not one.named("text"):
                continue
            is_long = one.length > 40 and one.spaced > 0.5 * one.filled and one.variety > 0.02
            if is_long or one.named("text") >= 0.6 or (one.named("title") and one.variety > 0.2):
                found.append(one.name)
        if not found and self.table.columns[str(self.side.values["id"])].spaced:
            found = [str(self.side.values["id"])]
        self.side.set("text", [bare(one) if one in self.table.columns else one for one in found])


def _unless_missing(column: Profile, name: str, test: str) -> str:
    return f"({test} OR {name} IS NULL)" if column.missing else test


def _example(column: Profile) -> str:
    return next((value for value, _n in column.common if "e" in value.lower()), column.common[0][0])
