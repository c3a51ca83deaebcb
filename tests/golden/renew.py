"""Writes the golden files anew, after a change to schema/ that was meant."""

from pathlib import Path

from recstore import functions

HERE = Path(__file__).parent
(HERE / "store.sql").write_text(functions.render_views() + functions.render_functions())
(HERE / "face.sql").write_text(functions.render_functions(functions.attached_relation("rec_store"), '"rec".main.'))
