"""The page of docs/browser.md in a real browser, from a server of plain files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import explorer
import pages
import pytest
import shells

_DRIVER = shells.ROOT / "tests" / "clients" / "node" / "browse.mjs"


class Files(SimpleHTTPRequestHandler):
    """Serves files as web servers do, with ranges, and counts the bytes of them that went out."""

    sent: dict[str, int]

    def do_GET(self):
        self.answer(self.wfile.write)

    def do_HEAD(self):
        self.answer(len)

    def answer(self, write):
        file = Path(self.translate_path(self.path))
        if self.path == "/":
            file /= "index.html"
        if not file.is_file():
            return self.send_error(404)
        size = file.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        begin, end = (int(asked[1]), min(int(asked[2] or size) + 1, size)) if asked else (0, size)
        # Of a store, which is asked for in many pieces, only that piece is read.
        with file.open("rb") as opened:
            opened.seek(begin)
            part = opened.read(max(end - begin, 0))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {begin}-{begin + len(part) - 1}/{size}")
        self.end_headers()
        if write(part) and self.command == "GET":
            self.sent[self.path] = self.sent.get(self.path, 0) + len(part)
        return None

    def log_message(self, *_args):
        pass


@dataclass(frozen=True)
class Shown:
    """What the page showed: rows of rank and title, their scores, all that it asked for, and the bytes of each file."""

    rows: list[tuple[int, str]]
    scores: list[str]
    strange: list[str]
    sent: dict[str, int]


def ask(store: Path, place: Path) -> Shown:
    """Lay the page out in `place` beside a store, as its text says, serve the folder, and open it in a browser.

    `strange` in what is returned are the addresses asked that are not this server's. Skips where there is no browser.
    """
    browser, node, packages = explorer.browser(), shutil.which("node"), shells.installed("node")
    if node is None:
        pytest.skip("needs Node on the PATH")
    for block in pages.blocks(shells.ROOT / "docs" / "browser.md"):
        if block.file:
            (place / block.file).write_text(block.text, encoding="utf-8")
    if not (place / "movies.duckdb").exists():
        (place / "movies.duckdb").symlink_to(store)
    (place / "node_modules").symlink_to(packages / "node_modules")
    handler = type("Handler", (Files,), {"sent": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(place))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        command = [node, _DRIVER, packages, browser, address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    rows = [(int(rank), title) for rank, title, _score in answer["rows"]]
    strange = [url for url in answer["asked"] if not url.startswith(address)]
    return Shown(rows, [score for *_, score in answer["rows"]], strange, handler.sent)
