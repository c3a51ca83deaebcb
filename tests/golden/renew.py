"""Writes the golden files anew, after a change to schema/ that was meant."""

from pathlib import Path

from recstore.catalogs import render
from recstore.catalogs.audio.catalog import AUDIO
from recstore.catalogs.movies.catalog import MOVIES
from recstore.store.digest import render_query

BOTH = (MOVIES, AUDIO)
HERE = Path(__file__).parent
(HERE / "store.sql").write_text(render.render_views(BOTH) + render.render_functions(BOTH))
(HERE / "views.sql").write_text(render.render_functions(BOTH, render.attached_relation("rec_store"), '"rec".main.'))
(HERE.parents[1] / "queries" / "content_digest.sql").write_text(render_query((AUDIO, MOVIES)))
