"""What must hold in a sound store, as queries: for `recstore check`, and for the view `store_health` in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from recstore import sql
from recstore.catalogs.catalog import Catalog, Table
from recstore.catalogs.rules import faults

_CHECKS = "recstore.schema.checks"
#: The Annoy indexes of all catalogues.
INDEX_TABLES = ("annoy_indexes", "annoy_chunks", "annoy_items")
#: The tables that every store has, whatever its catalogues.
OF_EVERY_STORE = (
    Table("store_info", ("key",)),
    Table("catalogs", ("catalog",)),
    Table("builds", ("build_id",)),
    Table("load_rejects"),
    Table("spaces", ("catalog", "space")),
    Table("evaluations"),
    Table("annoy_indexes", ("index_name",)),
    Table("annoy_chunks"),
    Table("annoy_items"),
)


@dataclass(frozen=True)
class Check:
    """One thing that must hold: `query` gives one row, the number of faults and an example of one."""

    name: str
    means: str
    query: str


def render_checks(catalogs: Iterable[Catalog], relation: Callable[[str], str]) -> list[Check]:
    """Return every check of a store with these catalogues that SQL can say; `relation` names a table."""
    chosen = tuple(catalogs)
    relations = {table: relation(table) for table in all_tables(chosen)}
    checks = [check for catalog in chosen for check in _of_values(catalog, relations)]
    checks += [_check(f"{_CHECKS}.store", name, name, relations) for name in sql.names(f"{_CHECKS}.store")]
    checks += [_unique(table, relations) for table in OF_EVERY_STORE if table.key]
    for catalog in chosen:
        checks += _of_catalog(catalog, relations)
    return checks


def render_checks_of_builds(relation: Callable[[str], str]) -> list[Check]:
    """Return what must hold of the small tables in which a store says what it is and how it was built."""
    relations = {table.name: relation(table.name) for table in OF_EVERY_STORE}
    checks = [_check(f"{_CHECKS}.store", name, name, relations) for name in ("build", "evaluations")]
    return checks + [_unique(table, relations) for table in OF_EVERY_STORE if table.key]


def render_source_checks(catalog: Catalog, relation: Callable[[str], str]) -> list[Check]:
    """Return what must hold of the tables that all else of a catalogue is computed from."""
    mine = {table: relation(table) for table in catalog.source_tables}
    return [*_of_values(catalog, mine), *_of_tables(catalog.sources, mine), *_own("source_checks", catalog, mine)]


def all_tables(catalogs: Iterable[Catalog]) -> list[str]:
    """Return the names of all tables that a store with these catalogues has."""
    return [*(table.name for table in OF_EVERY_STORE), *(table for catalog in catalogs for table in catalog.tables)]


def table_keys(catalogs: Iterable[Catalog]) -> dict[str, tuple[str, ...]]:
    """Return what tells the rows of each table apart, where anything does that survives a build."""
    tables = [*OF_EVERY_STORE, *(table for catalog in catalogs for table in (*catalog.sources, *catalog.computed))]
    return {table.name: table.key for table in tables if table.key}


def render_view(catalogs: Iterable[Catalog], target: str = "") -> str:
    """Return the SQL of the view `store_health`: all checks, one row each. `target` is its prefix."""
    selects = [
        sql.render(
            _CHECKS, "row_of_check", name=sql.literal(check.name), means=sql.literal(check.means), query=check.query
        ).strip()
        for check in render_checks(catalogs, sql.identifier)
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
    # What other faults come from is asked first: keys, and what refers to what.
    checks = [*_own("source_checks", catalog, names), *_of_tables((*catalog.sources, *catalog.computed), relations)]
    package = f"{_CHECKS}.catalog"
    checks += [_check(package, name, f"{catalog.name}: {name}", names) for name in sql.names(package)]
    checks += _own("checks", catalog, names)
    if catalog.terms:
        terms = {"terms": relations[catalog.terms], "space": catalog.terms_space}
        checks.append(_check(_CHECKS, "terms", catalog.terms, names | terms))
    if catalog.weights and catalog.interactions:
        history = catalog.interactions
        weights = {
            "weights": relations[catalog.weights],
            # Where what somebody had may be recommended again, an item leads to itself.
            "itself": "" if history.keeps_seen else f"w.{catalog.key} = w.neighbor_id OR",
            "interactions": relations[history.table],
            "user": sql.identifier(history.user),
            "item": sql.identifier(history.item or catalog.key),
            "amount": history.amount_of("h") or "1",
        }
        checks.append(_check(_CHECKS, "weights", catalog.weights, names | weights))
    if catalog.tastes:
        checks.append(_check(_CHECKS, "tastes", catalog.tastes, names | {"tastes": relations[catalog.tastes]}))
    return checks


def _own(kind: str, catalog: Catalog, names: dict[str, str]) -> list[Check]:
    """Return the checks that a catalogue alone has, from the package of that kind, if it has one."""
    package = f"{catalog.schema}.{kind}"
    return [_check(package, name, name, names) for name in sql.names(package)] if sql.is_there(package) else []


def _of_values(catalog: Catalog, relations: dict[str, str]) -> list[Check]:
    return [_values(table, catalog, relations) for table in catalog.sources if table.rules]


def _of_tables(tables: Iterable[Table], relations: dict[str, str]) -> list[Check]:
    """Return the checks of keys, and of what refers to what."""
    checks = []
    for table in tables:
        if table.key:
            checks.append(_unique(table, relations))
        for column, target, key in table.refers:
            # Where a value says what a table holds, its columns are called as its user calls them.
            named = sql.identifier if table.columns else str
            names = {"table": relations[table.name], "target": relations[target]}
            names |= {"column": named(column), "key": named(key)}
            checks.append(_check(_CHECKS, "reference", f"{table.name}.{column}", names))
    return checks


def _values(table: Table, catalog: Catalog, relations: dict[str, str]) -> Check:
    shown = (
        table.key
        or tuple(column.name for column in table.columns)
        or (*([catalog.interactions.user] if catalog.interactions else []), catalog.key)
    )
    names = {
        "table": relations[table.name],
        "faults": faults(table.rules),
        "packed": ", ".join(f"{sql.literal(column)}: {sql.identifier(column)}" for column in shown),
    }
    return _check(_CHECKS, "values", f"{table.name}: values", names)


def _unique(table: Table, relations: dict[str, str]) -> Check:
    names = {
        "table": relations[table.name],
        "keys": ", ".join(sql.identifier(key) for key in table.key),
        "packed": ", ".join(f"{sql.identifier(key)} := {sql.identifier(key)}" for key in table.key),
    }
    return _check(_CHECKS, "unique_key", f"{table.name}: key", names)


def _check(package: str, file: str, name: str, names: dict[str, str]) -> Check:
    text = sql.render(package, file, **names).strip()
    return Check(name.replace("_", " "), text.splitlines()[0].removeprefix("-- "), text)
