"""A folder, a zip, an https address, a known name: each is read, and each failure says what to do."""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import http.server
import time
import zipfile

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recstore
from recstore import SourceError
from recstore.progress import Progress
from recstore.scratch import scratch_folder
from recstore.sources.download import download, stated_size


def zipped(folder, target, inner=""):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{inner}{path.name}")
    return target


def movies_in(store):
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute("SELECT count(*) FROM movies").fetchall()[0][0]


@pytest.mark.parametrize("inner", ["", "ml-latest-small/", "any-name/"])
def test_zip_with_and_without_inner_folder(small_folder, tmp_path, inner):
    archive = zipped(small_folder, tmp_path / "data.zip", inner)
    recstore.build(tmp_path / "store.duckdb", {"movielens": archive})
    assert movies_in(tmp_path / "store.duckdb") == 100


def test_folder_with_an_inner_folder(small_folder, tmp_path):
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "inner").symlink_to(small_folder)
    recstore.build(tmp_path / "store.duckdb", {"movielens": tmp_path / "outer"})
    assert movies_in(tmp_path / "store.duckdb") == 100


def test_damaged_archives(small_folder, tmp_path):
    whole = zipped(small_folder, tmp_path / "data.zip").read_bytes()
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
def server(https, tmp_path, monkeypatch):
    """A local https server over a folder; its address and folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    Handler.asked = []
    address = https(functools.partial(Handler, directory=folder))
    monkeypatch.setenv("RECSTORE_MOVIELENS_URL", address)
    return address, folder


def test_an_https_address(server, small_folder, tmp_path):
    address, folder = server
    zipped(small_folder, folder / "data.zip")
    recstore.build(tmp_path / "store.duckdb", {"movielens": f"{address}/data.zip"})
    assert movies_in(tmp_path / "store.duckdb") == 100


def test_a_known_name_is_fetched_once_and_checked(server, small_folder, tmp_path):
    _, folder = server
    archive = zipped(small_folder, folder / "ml-latest-small.zip", "ml-latest-small/")
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
    assert movies_in(tmp_path / "store.duckdb") == 100


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
    with pytest.raises(SourceError, match=r"cannot be fetched .*pass the path of the file instead\.$"):
        recstore.build(tmp_path / "store.duckdb", {"movielens": "ml-latest-small"})


# What servers do, and what of an address is told.


class Odd(http.server.BaseHTTPRequestHandler):
    """Answers with what the test has put into `said`: header lines and a body, which may be a function."""

    said: tuple[list[tuple[str, str]], object] = ([], b"")
    asked: list[tuple[str, str | None]] = []  # noqa: RUF012 - shared on purpose

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Authorization")))
        if ".md5" in self.path:
            self.send_error(403)
            return
        headers, body = self.said
        self.send_response(302 if any(name == "Location" for name, _ in headers) else 200)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            if callable(body):
                body(self.wfile)
            else:
                self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def odd(https):
    """A local https server of odd answers: its address."""
    Odd.asked = []
    return https(Odd)


def fetched(url):
    with scratch_folder() as folder:
        return download(url, folder / "data", Progress()).read_bytes()


BODY = b"0123456789"
CHUNKED = ("Transfer-Encoding", "chunked")


@pytest.mark.parametrize(
    ("headers", "body", "outcome"),
    [
        ([], BODY, BODY),
        ([("Content-Length", "10")], BODY, BODY),
        ([("Content-Length", "0010")], BODY, BODY),
        ([("Content-Length", "10, 10")], BODY, BODY),
        ([("Content-Length", "10"), ("Content-Length", "10")], BODY, BODY),
        ([("Content-Length", "11")], BODY, "cut short: 10 of 11"),
        ([("Content-Length", "9")], BODY, BODY[:9]),
        ([("Content-Length", "")], BODY, "size of ''"),
        ([("Content-Length", "12, 12, 13")], BODY, "size of '12, 12, 13'"),
        ([("Content-Length", "+10")], BODY, "size of '.10'"),
        ([("Content-Length", "-1")], BODY, "size of '-1'"),
        ([("Content-Length", "1_0")], BODY, "size of '1_0'"),
        ([("Content-Length", "ten")], BODY, "no number of bytes"),
        ([("Content-Length", "9" * 30)], BODY, "larger than 20 GiB"),
        ([("Content-Length", str(21 << 30))], BODY, "larger than 20 GiB"),
        ([CHUNKED], b"a\r\n0123456789\r\n0\r\n\r\n", BODY),
        ([CHUNKED, ("Content-Length", "ten")], b"a\r\n0123456789\r\n0\r\n\r\n", BODY),
        ([CHUNKED], b"b\r\n0123456789", "cannot be fetched"),
        ([CHUNKED], b"xyz\r\n0123456789", "cannot be fetched"),
        ([("Transfer-Encoding", "gzip, chunked")], BODY, "sent as 'gzip, chunked'"),
        ([("Content-Encoding", "gzip")], gzip.compress(BODY, mtime=0), BODY),
        ([("Content-Encoding", "gzip")], gzip.compress(BODY[:5], mtime=0) + gzip.compress(BODY[5:], mtime=0), BODY),
        ([("Content-Encoding", "gzip")], gzip.compress(BODY, mtime=0)[:-3], "cut short"),
        ([("Content-Encoding", "gzip")], BODY, "arrived damaged"),
        ([("Content-Encoding", "gzip")], gzip.compress(bytes(1 << 20), mtime=0) * 90, "expands suspiciously"),
        ([("Content-Encoding", "br")], BODY, "packed as 'br'"),
        ([("Location", "/again?secret")], b"", "cannot be fetched .the server says 302"),
        (
            [("Location", "https://u:secret@[::1/x")],
            b"",
            "cannot be fetched .its server leads on to what is no address",
        ),
        ([("Location", "ftp://u:secret@localhost/x?secret")], b"", "leads on to ftp://localhost/x, which is not https"),
    ],
)
def test_what_a_server_says_of_its_answer(headers, body, outcome, odd):
    Odd.said = headers, body
    url = odd.replace("https://", "https://user:secret@") + "/data?X-Amz-Signature=secret#secret"
    if isinstance(outcome, bytes):
        assert fetched(url) == outcome
        return
    with pytest.raises(SourceError, match=outcome) as error:
        fetched(url)
    assert "secret" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def _slowly(file):
    for _ in range(100):
        file.write(b"x")
        file.flush()
        time.sleep(0.05)


def test_a_server_that_sends_next_to_nothing(odd, monkeypatch):
    monkeypatch.setattr("recstore.sources.download.STALL_SECONDS", 0.4)
    Odd.said = [("Content-Length", "1000")], _slowly
    with pytest.raises(SourceError, match=r"next to nothing for 0.4 seconds|timed out"):
        fetched(f"{odd}/data")


def test_a_signed_address_is_asked_and_told_without_what_opens_it(odd, small_folder, tmp_path):
    Odd.said = [], zipped(small_folder, tmp_path / "data.zip").read_bytes()
    heard = []
    progress = Progress()
    progress.notice = heard.append
    url = odd.replace("https://", "https://me:secret@") + "/data.zip?X-Amz-Signature=secret&a=b#secret"
    report = recstore.build(tmp_path / "store.duckdb", {"movielens": url}, progress=progress)
    assert Odd.asked[-1] == ("/data.zip?X-Amz-Signature=secret&a=b", "Basic bWU6c2VjcmV0")
    assert report.loads["movielens"].source == f"{odd}/data.zip"
    assert heard[0] == f"Fetching {odd}/data.zip"
    assert "secret" not in " ".join(heard)
    with duckdb.connect(str(tmp_path / "store.duckdb"), read_only=True) as con:
        for table in ("builds", "load_rejects", "store_info"):
            assert "secret" not in str(con.execute(f"FROM {table}").fetchall())


@pytest.mark.parametrize(
    "source",
    [
        "https://user:secret@localhost:1/x?secret#secret",
        "http://user:secret@localhost/x?secret",
        "HTTPS://user:secret@localhost:x/?secret",
        "https://user:sec/secret@localhost/x?secret",
        "https://[::1/x?secret",
        "https://localhost:99999/x?secret",
        "https:///x?secret",
        "https:/localhost/x?secret",
        "https://loc alhost/x?secret",
        "https://localhost:1/\u00e9 x\n?secret\u00e9",
        "s3://bucket/x?secret",
    ],
)
@pytest.mark.parametrize("loader", ["movielens", "audioset"])
def test_no_message_tells_what_opens_an_address(source, loader, tmp_path):
    with pytest.raises(SourceError) as error:
        recstore.build(tmp_path / "store.duckdb", {loader: source})
    assert "secret" not in str(error.value)


@given(st.lists(st.text("0123456789 ,+-_.e\u0663x", max_size=12), max_size=3))
def test_a_stated_size_is_digits_alone_and_one(values):
    try:
        size = stated_size(values, "it")
    except SourceError:
        return
    if values:
        assert {part.strip().lstrip("0") for value in values for part in value.split(",")} == {str(size).lstrip("0")}
    else:
        assert size is None
