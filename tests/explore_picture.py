"""Takes the picture of the page that the documentation begins with; a test compares what it shows with the page.

python tests/explore_picture.py STORE      writes docs/explore.png, of the store of examples/bookshop
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import explorer
from PIL import Image, PngImagePlugin

PICTURE = Path(__file__).parents[1] / "docs" / "explore.png"
#: What the picture holds besides its points: the text that it shows. Letters differ from machine to machine.
_TEXT = "Description"


def take(program, store: Path) -> tuple[bytes, str]:
    """Open the page of the first item; return what a window of 1,280 by 800 pixels shows, and its text."""
    with explorer.explored(store) as address, explorer.window(program, address) as window:
        window.page.set_viewport_size({"width": 1280, "height": 800})
        window.page.locator(".rs-go").first.click()
        window.page.locator("h1").first.wait_for()
        window.page.get_by_label("Why?").first.wait_for()
        window.page.mouse.move(0, 0)
        window.page.wait_for_timeout(1500)
        return window.page.screenshot(), window.page.locator("body").inner_text()


def text_of_picture() -> str:
    """Return the text that the picture of the documentation shows."""
    with Image.open(PICTURE) as picture:
        return str(picture.info[_TEXT])


if __name__ == "__main__":
    with explorer.chromium() as started:
        points, text = take(started, Path(sys.argv[1]))
    said = PngImagePlugin.PngInfo()
    said.add_itxt(_TEXT, text)
    with Image.open(io.BytesIO(points)) as taken:
        taken.save(PICTURE, pnginfo=said, optimize=True)
