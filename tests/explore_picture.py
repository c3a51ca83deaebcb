"""Takes the picture of the page that the documentation begins with.

python tests/explore_picture.py STORE      writes docs/explore.png, of the store of examples/bookshop
"""

from __future__ import annotations

import sys
from pathlib import Path

import explorer

PICTURE = Path(__file__).parents[1] / "docs" / "explore.png"


def take(store: Path, picture: Path) -> None:
    """Open the page of the item that is shown first, and write what a window of 1,280 by 800 pixels shows."""
    with (
        explorer.explored(store) as address,
        explorer.chromium() as program,
        explorer.window(program, address) as window,
    ):
        window.page.set_viewport_size({"width": 1280, "height": 800})
        window.page.locator(".rs-go").first.click()
        window.page.locator("h1").first.wait_for()
        window.page.get_by_label("Why?").first.wait_for()
        window.page.mouse.move(0, 0)
        window.page.wait_for_timeout(1500)
        window.page.screenshot(path=picture)


if __name__ == "__main__":
    take(Path(sys.argv[1]), PICTURE)
