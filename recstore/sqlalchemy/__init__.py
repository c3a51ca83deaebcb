"""SQLAlchemy over a store: the dialect `recstore`, and the store's functions as selectables."""

from __future__ import annotations

from recstore.sqlalchemy.dialect import Dialect
from recstore.sqlalchemy.selectables import (
    find_audio,
    find_movies,
    movies_about,
    nearest_audio,
    nearest_movies,
    recommend_for,
    recommend_movies,
    similar_audio,
    similar_movies,
)

__all__ = [
    "Dialect",
    "find_audio",
    "find_movies",
    "movies_about",
    "nearest_audio",
    "nearest_movies",
    "recommend_for",
    "recommend_movies",
    "similar_audio",
    "similar_movies",
]
