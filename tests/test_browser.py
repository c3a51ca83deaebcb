"""A store in a browser page: the page that the documentation shows, in a real browser, from a server of plain files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pages
import pytest
import shells

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "chrome", "google-chrome")


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
        data = file.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        part = data[int(asked[1]) : int(asked[2] or len(data)) + 1] if asked else data
        self.send_response(206 if asked else 200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {asked[1]}-{int(asked[1]) + len(part) - 1}/{len(data)}")
        self.end_headers()
        if write(part) and self.command == "GET":
            self.sent[self.path] = self.sent.get(self.path, 0) + len(part)
        return None

    def log_message(self, *_args):
        pass


@pytest.fixture
def site(movie_store, tmp_path):
    """A folder as the page describes it, served; its address, and the bytes sent of each file."""
    blocks = [block for block in pages.blocks(ROOT / "docs" / "browser.md") if block.file]
    for block in blocks:
        (tmp_path / block.file).write_text(block.text)
    (tmp_path / "movies.duckdb").symlink_to(movie_store)
    (tmp_path / "node_modules").symlink_to(shells.CLIENTS / "node" / "node_modules")
    handler = type("Handler", (Files,), {"sent": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", handler.sent
        server.shutdown()


def test_the_page_answers_in_a_browser(site, movie_store):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    node, packages = shutil.which("node"), shells.CLIENTS / "node"
    if not (browser and node and (packages / "node_modules" / "playwright-core").exists()):
        pytest.skip("needs Chromium and Node on the PATH, and the packages for Node: make clients")
    address, sent = site
    driver = ROOT / "tests" / "clients" / "node" / "browse.mjs"
    done = subprocess.run(
        [node, driver, packages, browser, address], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    with duckdb.connect(str(movie_store), read_only=True) as con:
        rows = con.execute("SELECT rank, title, score FROM similar_movies('Toy Story (1995)')").fetchall()
    assert len(rows) == 10
    assert answer["rows"] == [[str(rank), title, f"{score:.5f}"] for rank, title, score in rows]
    # From this server alone, and of the store only what the question needs.
    assert [url for url in answer["asked"] if not url.startswith(address)] == []
    assert 0 < sent["/movies.duckdb"] < movie_store.stat().st_size / 2
