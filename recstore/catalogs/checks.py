"""What must hold in a sound store, as queries: for `recstore check`, and for the view `store_health` in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recstore import sql
from recstore.catalogs.catalog import CATALOGS, REFERENCES, TABLE_KEYS, Catalog
from recstore.catalogs.rules import RULES, faults

_CHECKS = "recstore.schema.checks"
#: The checks of whole stores that ask nothing but the tables that all else of a catalogue is computed from.
_OF_SOURCES = {"audio": ("audio_labels", "audio_label_names")}


@dataclass(frozen=True)
class Check:
    """One thing that must hold: `query` gives one row, the number of faults and an example of one."""

    name: str
    means: str
    query: str


def render_checks(relation: Callable[[str], str], tables: list[str]) -> list[Check]:
    """Return every check that SQL can say; `relation` names a table, and `tables` are all that recstore keeps."""
    relations = {table: relation(table) for table in tables}
    checks = [_values(table, relations) for table in RULES]
    checks += [_check(f"{_CHECKS}.store", name, name, relations) for name in sql.names(f"{_CHECKS}.store")]
    for table, keys in TABLE_KEYS.items():
        checks.append(_unique(table, keys, relations))
    for (table, column), (target, key) in REFERENCES.items():
        checks.append(_reference(table, column, target, key, relations))
    for catalog in CATALOGS.values():
        checks += _of_catalog(catalog, relations)
    return checks


def render_source_checks(catalog: Catalog, relation: Callable[[str], str]) -> list[Check]:
    """Return what must hold of the tables that all else of a catalogue is computed from."""
    mine = {table: relation(table) for table in catalog.sources}
    checks = [_values(table, mine) for table in mine if table in RULES]
    checks += [_unique(table, keys, mine) for table, keys in TABLE_KEYS.items() if table in mine]
    checks += [_reference(*refers, *target, mine) for refers, target in REFERENCES.items() if refers[0] in mine]
    return checks + [_check(f"{_CHECKS}.store", name, name, mine) for name in _OF_SOURCES.get(catalog.name, ())]


def render_view(tables: list[str], target: str = "") -> str:
    """Return the SQL of the view `store_health`: all checks, one row each. `target` is its prefix."""
    selects = [
        f'SELECT {sql.literal(check.name)} AS "check", faults = 0 AS is_sound, faults, '
        f"CASE WHEN faults > 0 THEN example END AS example, {sql.literal(check.means)} AS means "
        f"FROM (\n{check.query}\n)"
        for check in render_checks(sql.identifier, tables)
    ]
    return sql.render("recstore.schema.views", "store_health", target=target, checks="\nUNION ALL\n".join(selects))


def _of_catalog(catalog: Catalog, relations: dict[str, str]) -> list[Check]:
    names = {
        **relations,
        "catalog": sql.literal(catalog.name),
        "key": catalog.key,
        "items": relations[catalog.items],
        "vectors": relations[catalog.vectors],
        "neighbors": relations[catalog.neighbors],
    }
    package = f"{_CHECKS}.catalog"
    checks = [_check(package, name, f"{catalog.name}: {name}", names) for name in sql.names(package)]
    return [*checks, _unique(catalog.vectors, ("space", catalog.key), relations)]


def _reference(table: str, column: str, target: str, key: str, relations: dict[str, str]) -> Check:
    names = {"table": relations[table], "column": column, "target": relations[target], "key": key}
    return _check(_CHECKS, "reference", f"{table}.{column}", names)


def _values(table: str, relations: dict[str, str]) -> Check:
    shown = TABLE_KEYS.get(table, ("user_id", "movie_id"))
    names = {
        "table": relations[table],
        "faults": faults(table),
        "packed": ", ".join(f"{sql.literal(column)}: {sql.identifier(column)}" for column in shown),
    }
    return _check(_CHECKS, "values", f"{table}: values", names)


def _unique(table: str, keys: tuple[str, ...], relations: dict[str, str]) -> Check:
    names = {
        "table": relations[table],
        "keys": ", ".join(sql.identifier(key) for key in keys),
        "packed": ", ".join(f"{sql.identifier(key)} := {sql.identifier(key)}" for key in keys),
    }
    return _check(_CHECKS, "unique_key", f"{table}: key", names)


def _check(package: str, file: str, name: str, names: dict[str, str]) -> Check:
    text = sql.render(package, file, **names).strip()
    return Check(name.replace("_", " "), text.splitlines()[0].removeprefix("-- "), text)
