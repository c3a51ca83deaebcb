"""What is said of why two items are alike: of movies, of clips, and of the items of a declared catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from recstore.catalogs.catalog import Catalog
from recstore.spark.quoting import identifier
from recstore.spark.types import spark_type

_WHY_MOVIES = (
    ("movie_a", "INT"), ("movie_b", "INT"), ("title_a", "STRING"), ("title_b", "STRING"),
    ("shared_genres", "ARRAY<STRING>"), ("shared_tags", "ARRAY<STRING>"),
    ("liked_both", "BIGINT"), ("liked_a", "BIGINT"), ("liked_b", "BIGINT"),
)  # fmt: skip
_WHY_AUDIO = (
    ("clip_a", "INT"), ("clip_b", "INT"), ("video_a", "STRING"), ("video_b", "STRING"),
    ("shared_labels", "ARRAY<STRING>"),
    ("shared_predictions", "ARRAY<STRUCT<label: STRING, probability_a: FLOAT, probability_b: FLOAT>>"),
)  # fmt: skip


@dataclass(frozen=True)
class Why:
    """What a function is written with that says why two items are alike: facts of their rows, and facts from tables.

    `list` is a table with its column that holds a list of facts, `counts` one of how many had either and both.
    """

    columns: tuple[tuple[str, str], ...]
    of_rows: str
    facts: str
    list: tuple[str, str]
    counts: str
    shown: str


#: What one catalogue alone has, by the name of the function.
OWN: Final = {
    "why_similar": Why(
        _WHY_MOVIES,
        "_rs_a.movie_id AS _rs_id_a, _rs_b.movie_id AS _rs_id_b, _rs_a.title AS _rs_title_a, "
        "_rs_b.title AS _rs_title_b, filter(_rs_a.genres, _rs_x -> array_contains(_rs_b.genres, _rs_x)) AS _rs_shared",
        "facts_of_movies",
        ("_rs_tagged", "_rs_tags"),
        "_rs_liked_by",
        "coalesce(_rs_list, array()), coalesce(_rs_both, 0), coalesce(_rs_a, 0), coalesce(_rs_b, 0)",
    ),
    "why_audio": Why(
        _WHY_AUDIO,
        "_rs_a.clip_id AS _rs_id_a, _rs_b.clip_id AS _rs_id_b, _rs_a.video_id AS _rs_title_a, "
        "_rs_b.video_id AS _rs_title_b, "
        "filter(_rs_a.labels, _rs_x -> array_contains(_rs_b.labels, _rs_x)) AS _rs_shared",
        "facts_of_audio",
        ("_rs_judged", "_rs_predictions"),
        "",
        "coalesce(_rs_list, array())",
    ),
}


def why_items(catalog: Catalog) -> Why:
    """Return what says why two items of a declared catalogue are alike."""
    history = catalog.interactions
    types = {column.name: spark_type(column.type) for column in catalog.columns}
    is_own = catalog.title == catalog.identity
    identity, title = identifier(catalog.identity), identifier(catalog.title)
    titled = "CAST({row}.{title} AS STRING)" if is_own else "{row}.{title}"
    title_type = "STRING" if is_own else types[catalog.title]
    columns = (
        (f"{catalog.item}_a", types[catalog.identity]), (f"{catalog.item}_b", types[catalog.identity]),
        ("title_a", title_type), ("title_b", title_type), ("shared", "ARRAY<STRING>"),
        ("chosen_both", "BIGINT"), ("chosen_a", "BIGINT"), ("chosen_b", "BIGINT"),
    )  # fmt: skip
    return Why(
        columns,
        f"_rs_a.{identity} AS _rs_id_a, _rs_b.{identity} AS _rs_id_b, "
        f"{titled.format(row='_rs_a', title=title)} AS _rs_title_a, "
        f"{titled.format(row='_rs_b', title=title)} AS _rs_title_b, filter(_rs_a._rs_categories, "
        "_rs_x -> array_contains(_rs_b._rs_categories, _rs_x)) AS _rs_shared",
        "facts_of_users" if history else "",
        ("", ""),
        "_rs_chosen" if history else "",
        "_rs_both, _rs_a, _rs_b",
    )
