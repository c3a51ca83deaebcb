"""A folder, a zip, an https address, a known name: each is read, and each failure says what to do."""

from __future__ import annotations

import functools
import hashlib
import http.server
import ssl
import threading
import zipfile

import duckdb
import pytest
import trustme

import recstore
from recstore import SourceError


def zipped(folder, target, inner=""):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{inner}{path.name}")
    return target


def movies_in(store):
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute("SELECT count(*) FROM movies").fetchall()[0][0]


@pytest.mark.parametrize("inner", ["", "ml-latest-small/", "any-name/"])
def test_zip_with_and_without_inner_folder(sample_folder, tmp_path, inner):
    archive = zipped(sample_folder, tmp_path / "data.zip", inner)
    recstore.build(tmp_path / "store.duckdb", {"movielens": archive})
    assert movies_in(tmp_path / "store.duckdb") == 400


def test_folder_with_an_inner_folder(sample_folder, tmp_path):
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "inner").symlink_to(sample_folder)
    recstore.build(tmp_path / "store.duckdb", {"movielens": tmp_path / "outer"})
    assert movies_in(tmp_path / "store.duckdb") == 400


def test_damaged_archives(sample_folder, tmp_path):
    whole = zipped(sample_folder, tmp_path / "data.zip").read_bytes()
    for name, content in {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:2000] + bytes([whole[2000] ^ 255]) + whole[2001:],
        "text": b"no archive at all",
        "empty": b"",
    }.items():
        archive = tmp_path / f"{name}.zip"
        archive.write_bytes(content)
        with pytest.raises(SourceError, match="damaged"):
            recstore.build(tmp_path / "store.duckdb", {"movielens": archive})
    assert not (tmp_path / "store.duckdb").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "no file or folder here, and no known name.* ml-latest-small"),
        ("http://localhost/data.zip", "not an https address"),
        ("ftp://localhost/data.zip", "not an https address"),
    ],
)
def test_what_is_no_source(source, message, tmp_path):
    with pytest.raises(SourceError, match=message):
        recstore.build(tmp_path / "store.duckdb", {"movielens": source})


def test_a_folder_without_a_release(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"movies.csv and ratings.csv, or movies.dat and ratings.dat, or u.item"):
        recstore.build(tmp_path / "store.duckdb", {"movielens": tmp_path / "empty"})


class Handler(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - shared on purpose

    def do_GET(self):
        self.asked.append(self.path)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://localhost/ml-latest-small.zip")
            self.end_headers()
        elif self.path.startswith("/short") and not self.path.endswith(".md5"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        else:
            super().do_GET()

    def log_message(self, *_args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A local https server over a folder, trusted by this process alone; yields its address and folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    Handler.asked = []
    with http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Handler, directory=folder)) as https:
        https.socket = context.wrap_socket(https.socket, server_side=True)
        thread = threading.Thread(target=https.serve_forever, daemon=True)
        thread.start()
        address = f"https://localhost:{https.server_port}"
        monkeypatch.setenv("RECSTORE_MOVIELENS_URL", address)
        yield address, folder
        https.shutdown()
        thread.join()


def test_an_https_address(server, sample_folder, tmp_path):
    address, folder = server
    zipped(sample_folder, folder / "data.zip")
    recstore.build(tmp_path / "store.duckdb", {"movielens": f"{address}/data.zip"})
    assert movies_in(tmp_path / "store.duckdb") == 400


def test_a_known_name_is_fetched_once_and_checked(server, sample_folder, tmp_path):
    _, folder = server
    archive = zipped(sample_folder, folder / "ml-latest-small.zip", "ml-latest-small/")
    digest = hashlib.md5(archive.read_bytes()).hexdigest()
    (folder / "ml-latest-small.zip.md5").write_text(f"MD5 (ml-latest-small.zip) = {'0' * 32}\n")
    with pytest.raises(SourceError, match=f"damaged: its MD5 is {digest}"):
        recstore.build(tmp_path / "store.duckdb", {"movielens": "ml-latest-small"})
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []
    (folder / "ml-latest-small.zip.md5").write_text(f"{digest}  ml-latest-small.zip\n")
    recstore.build(tmp_path / "store.duckdb", {"movielens": "ml-latest-small"})
    Handler.asked.clear()
    recstore.build(tmp_path / "store.duckdb", {"movielens": "ml-latest-small"})
    assert Handler.asked == []
    assert movies_in(tmp_path / "store.duckdb") == 400


def test_what_a_server_may_not_do(server, tmp_path):
    address, _ = server
    for path, message in {
        "away.zip": "not https",
        "short.zip": "cut short|cannot be fetched",
        "no.zip": "File not found",
    }.items():
        with pytest.raises(SourceError, match=message):
            recstore.build(tmp_path / "store.duckdb", {"movielens": f"{address}/{path}"})


def test_offline_a_name_says_how_to_pass_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("RECSTORE_MOVIELENS_URL", "https://localhost:1")
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SourceError, match=r"cannot be fetched .* pass the file: --movielens"):
        recstore.build(tmp_path / "store.duckdb", {"movielens": "ml-latest-small"})
