"""The catalogue of movies, as a value."""

from __future__ import annotations

from recstore.catalogs.catalog import Catalog, Column, Function, InteractionTable, Table
from recstore.catalogs.movies import rules

_OF_A_MOVIE = (("movie_id", "movies", "movie_id"),)

MOVIES = Catalog(
    name="movies",
    item="movie",
    items="movies",
    key="movie_id",
    title="title",
    columns=(
        Column("movie_id", "INTEGER"),
        Column("title", "VARCHAR"),
        Column("year", "SMALLINT"),
        Column("genres", "VARCHAR[]"),
        Column("n_ratings", "INTEGER"),
        Column("mean_rating", "FLOAT"),
    ),
    preference="n_ratings",
    preference_descends=True,
    searched="$$.title",
    drawn="$$.title",
    vectors="movie_vectors",
    neighbors="movie_neighbors",
    sources=(
        Table("movies", ("movie_id",), rules=rules.MOVIES),
        Table("links", ("movie_id",), _OF_A_MOVIE, rules.LINKS),
        Table("ratings", ("user_id", "movie_id"), _OF_A_MOVIE, rules.RATINGS),
        Table("tags", (), _OF_A_MOVIE, rules.TAGS),
    ),
    spaces=("hybrid", "collaborative", "content"),
    made=("content", "collaborative", "hybrid", "together"),
    nearest_space="hybrid",
    schema="recstore.schema.movies",
    depth=100,
    functions=(
        Function(
            "why_similar", "Why two movies are alike, in one row: why_similar(movie_a, movie_b, store)", "why_movies"
        ),
    ),
    interactions=InteractionTable("ratings", "user_id", "rating", "rated_at", "rated"),
    weights="movie_weights",
    tastes="movie_tastes",
    recommends_for="recommend_for",
    terms="movie_terms",
    terms_space="content",
)
