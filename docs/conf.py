"""The site of the documentation: `make docs` builds it with Sphinx, and a warning is an error."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import references

project = "recstore"
author = "the recstore authors"
release = metadata.version("recstore")

extensions = ["myst_parser"]
html_theme = "furo"
html_title = "recstore"
html_copy_source = False
html_use_index = False
exclude_patterns = ["_site"]
myst_heading_anchors = 3
nitpicky = True
# Nothing but Markdown, so that every page can be read where the source is kept, too.
source_suffix = {".md": "markdown"}


def setup(app) -> None:  # noqa: ANN001
    """Write the references anew, from the code, before the pages are read."""
    app.connect("builder-inited", lambda app: references.write(Path(app.srcdir) / "reference"))
