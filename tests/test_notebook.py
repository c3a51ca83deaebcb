"""The example notebook runs from top to bottom and shows what it says."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import pytest
from conftest import data

NOTEBOOK = Path(__file__).parents[1] / "examples" / "recstore.ipynb"


# The kernel's own libraries leave sockets and event loops for the garbage collector.
@pytest.mark.filterwarnings("default")
@pytest.mark.thorough
def test_the_notebook_from_top_to_bottom(tmp_path):
    (tmp_path / "ml-latest-small").symlink_to(data("ml-latest-small"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "the notebook is kept without its outputs"
    client = nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    cells = {cell["id"]: cell for cell in notebook.cells}

    def shown(cell: str) -> dict:
        return cells[cell]["outputs"][-1]["data"]

    assert "Bug's Life" in shown("ask")["text/plain"]
    assert "Monsters, Inc." in shown("filter")["text/plain"]
    assert len(shown("join")["text/plain"].splitlines()) == 10
    assert "image/png" in shown("plot")
