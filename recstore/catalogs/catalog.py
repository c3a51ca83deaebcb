"""What a catalogue is: a set of things to recommend, described by names alone.

Everything between loading and SQL is written once against this description; a further catalogue is one more value.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fading:
    """How much each item of a history counts: the constants that models and SQL share.

    An item `back` steps from the end (1 for the last) counts back^-`taste_power` for taste and `next_decay`^back for
    what comes next; the latest `history` alone count. A rating below `low_rating` counts `low_share` of that. Of all
    weights the largest are stored, `kept` for each item on average.
    """

    taste_power: float = 0.8
    next_decay: float = 0.93
    history: int = 20
    low_rating: float = 3.0
    low_share: float = 0.75
    kept: int = 350


FADING = Fading()


@dataclass(frozen=True)
class Catalog:
    """The names and shape of one catalogue.

    `columns` maps the columns that the functions return to expressions over an item, in which `$$` stands for its row;
    `searched` is the text in which `find` looks for words and `drawn` what a picture calls an item, written likewise.

    `spaces` lists its spaces in order of preference, the default first: where an item has no vector in the
    default space, the next one in which it has one answers. `made` are all the spaces that recstore makes; others are
    its user's. `nearest_space` is the one in which any vector is looked for when no space is named. `depth` is how many
    neighbours per item are stored; `learnt` are tables of what the models found out. `functions` are those that it
    alone has, in files of their names, with what each does.

    `weights` is the table of weights from item to item, by which histories are continued; where nothing is rated, none.
    `terms` is the table of terms by which any words are brought into the space `content`, if there is one.
    """

    name: str
    item: str
    items: str
    key: str
    title: str
    columns: dict[str, str]
    preference: str
    preference_descends: bool
    searched: str
    drawn: str
    vectors: str
    neighbors: str
    sources: tuple[str, ...]
    spaces: tuple[str, ...]
    made: tuple[str, ...]
    nearest_space: str
    depth: int
    learnt: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    weights: str = ""
    terms: str = ""

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that belongs to this catalogue alone: first what is loaded, then what is computed."""
        return (*self.sources, self.vectors, self.neighbors, *self.learnt, *([self.weights] if self.weights else []))


MOVIES = Catalog(
    name="movies",
    item="movie",
    items="movies",
    key="movie_id",
    title="title",
    columns={name: f"$$.{name}" for name in ("movie_id", "title", "year", "genres", "n_ratings", "mean_rating")},
    preference="n_ratings",
    preference_descends=True,
    searched="$$.title",
    drawn="$$.title",
    vectors="movie_vectors",
    neighbors="movie_neighbors",
    sources=("movies", "links", "ratings", "tags"),
    spaces=("hybrid", "collaborative", "content"),
    made=("content", "collaborative", "hybrid", "together"),
    nearest_space="hybrid",
    depth=100,
    learnt=("movie_terms",),
    functions=(("why_similar", "Why two movies are alike, in one row: why_similar(movie_a, movie_b, store)"),),
    weights="movie_weights",
    terms="movie_terms",
)

AUDIO = Catalog(
    name="audio",
    item="clip",
    items="audio_clips",
    key="clip_id",
    title="video_id",
    columns={name: f"$$.{name}" for name in ("clip_id", "video_id", "start_seconds", "end_seconds", "labels")}
    | {"url": "concat('https://www.youtube.com/watch?v=', $$.video_id, '&t=', CAST($$.start_seconds AS INTEGER), 's')"},
    preference="start_seconds",
    preference_descends=False,
    searched="concat_ws(' ', array_to_string($$.labels, ' '), $$.video_id)",
    drawn="concat_ws(': ', $$.video_id, array_to_string($$.labels[1:2], ', '))",
    vectors="audio_vectors",
    neighbors="audio_neighbors",
    sources=("audio_labels", "audio_clips", "audio_frames"),
    spaces=("labels", "mean"),
    made=("mean", "sequence", "labels"),
    nearest_space="mean",
    depth=50,
    learnt=("audio_predictions", "audio_landmarks", "audio_label_weights"),
    functions=(
        ("audio_vector", "What brings a new clip into a space, for nearest_audio: audio_vector(frames, space, store)"),
        ("why_audio", "Why two clips are alike, in one row: why_audio(clip_a, clip_b, store)"),
    ),
)

CATALOGS: dict[str, Catalog] = {catalog.name: catalog for catalog in (MOVIES, AUDIO)}

#: The Annoy indexes of all catalogues.
INDEX_TABLES = ("annoy_indexes", "annoy_chunks", "annoy_items")

#: What tells the rows of each table apart, where anything does, and survives a build: ids, not ranks or positions.
TABLE_KEYS: dict[str, tuple[str, ...]] = {
    "movies": ("movie_id",),
    "links": ("movie_id",),
    "ratings": ("user_id", "movie_id"),
    "movie_terms": ("term",),
    "audio_labels": ("label_id",),
    "audio_clips": ("clip_id",),
    "audio_frames": ("clip_id",),
    "audio_predictions": ("clip_id", "label_id"),
    "audio_landmarks": ("landmark",),
    "audio_label_weights": ("label_id", "gives"),
    "spaces": ("catalog", "space"),
    "annoy_indexes": ("index_name",),
    "builds": ("build_id",),
    "store_info": ("key",),
}

#: What refers to what: (table, column) to (table, key).
REFERENCES: dict[tuple[str, str], tuple[str, str]] = {
    ("links", "movie_id"): ("movies", "movie_id"),
    ("ratings", "movie_id"): ("movies", "movie_id"),
    ("tags", "movie_id"): ("movies", "movie_id"),
    ("movie_weights", "movie_id"): ("movies", "movie_id"),
    ("movie_weights", "neighbor_id"): ("movies", "movie_id"),
    ("audio_frames", "clip_id"): ("audio_clips", "clip_id"),
    ("audio_clips", "clip_id"): ("audio_frames", "clip_id"),
    ("audio_predictions", "clip_id"): ("audio_clips", "clip_id"),
    ("audio_predictions", "label_id"): ("audio_labels", "label_id"),
    ("audio_label_weights", "label_id"): ("audio_labels", "label_id"),
}
