"""Writes the golden files anew, after a change to schema/ that was meant."""

from pathlib import Path

from recstore.catalogs import render

HERE = Path(__file__).parent
(HERE / "store.sql").write_text(render.render_views() + render.render_functions())
(HERE / "face.sql").write_text(render.render_functions(render.attached_relation("rec_store"), '"rec".main.'))
