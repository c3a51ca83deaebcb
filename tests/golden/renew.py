"""Writes the golden files anew, after a change to schema/ that was meant."""

from pathlib import Path

from recstore.catalogs import render
from recstore.catalogs.audio.catalog import AUDIO
from recstore.catalogs.movies.catalog import MOVIES

BOTH = (MOVIES, AUDIO)
HERE = Path(__file__).parent
(HERE / "store.sql").write_text(render.render_views(BOTH) + render.render_functions(BOTH))
(HERE / "face.sql").write_text(render.render_functions(BOTH, render.attached_relation("rec_store"), '"rec".main.'))
