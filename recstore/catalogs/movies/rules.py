"""What must hold of the values of movies, links, ratings and tags."""

from __future__ import annotations

from recstore.catalogs.rules import Rule, Within, in_time, required

MOVIES = (
    required("movie_id"),
    Rule("title", "trim(title) <> ''", "no title"),
    Rule("year", "year IS NULL OR year BETWEEN 0 AND 9999", "no year from 0 to 9999"),
    Rule("genres", "len(genres) = list_count(genres)", "no list of names"),
)
LINKS = (required("movie_id"),)
RATINGS = (
    required("user_id"),
    required("movie_id"),
    Rule("rating", "NOT isnan(rating)", "no number"),
    Within("rating", 0.5, 5, "outside 0.5 to 5"),
    in_time("rated_at"),
)
TAGS = (required("user_id"), required("movie_id"), in_time("tagged_at"))

#: The rules of each table, in the order in which a row is held against them.
RULES = {"movies": MOVIES, "links": LINKS, "ratings": RATINGS, "tags": TAGS}
