"""A build that would lose something says what, and puts nothing in place."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest
from runner import recstore as run_recstore

import recstore
from recstore import BuildOptions, LossError
from recstore.samples.audio import write_audio_sample

OPTIONS = BuildOptions(min_user_ratings=10, content_dimensions=8, collaborative_dimensions=8)


@pytest.fixture(scope="module")
def source(small_folder) -> Path:
    return small_folder


@pytest.fixture(scope="module")
def built(source, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("built") / "store.duckdb"
    recstore.build(path, {"movielens": source}, options=OPTIONS)
    return path


@pytest.fixture
def store(built, tmp_path) -> Path:
    (tmp_path / "there").mkdir()
    return shutil.copy(built, tmp_path / "there" / "store.duckdb")


@pytest.fixture
def changed(source, tmp_path) -> Path:
    """A copy of the source, to be damaged."""
    return Path(shutil.copytree(source, tmp_path / "changed"))


def lines(path: Path, share: float) -> None:
    """Keep the first lines of a file alone."""
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join(text[: 1 + int(share * (len(text) - 1))]))


def beside(store: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in store.parent.iterdir()}


def ask(store: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute(query).fetchall()


def losses_of(action, store: Path) -> list[str]:
    """Do something that is refused, and return what it says would be lost; the store's folder is as it was."""
    there = beside(store)
    with pytest.raises(LossError) as caught:
        action()
    assert beside(store) == there
    assert "the store is as it was" in str(caught.value)
    assert "--allow-loss" in str(caught.value)
    named = [str(loss) for loss in caught.value.losses]
    assert all(name in str(caught.value) for name in named[:12])
    return named


def test_half_of_the_ratings(store, changed):
    lines(changed / "ratings.csv", 0.5)
    rows = ask(store, "SELECT count(*) FROM ratings")[0][0]
    named = losses_of(lambda: recstore.build(store, {"movielens": changed}, options=OPTIONS), store)
    assert f"rows of ratings: {rows:,} before, {rows // 2:,} now" in named


def test_slightly_fewer_rows_pass_and_the_figures_stand_in_builds(store, changed):
    lines(changed / "ratings.csv", 0.97)
    before = ask(store, "SELECT count(*) FROM ratings")[0][0]
    recstore.build(store, {"movielens": changed}, options=OPTIONS)
    found = dict(
        ask(store, "SELECT m.what, m.value FROM (SELECT unnest(measured) AS m FROM builds) "
            "WHERE m.catalog = 'movies' AND m.space IN ('', 'content')")
    )  # fmt: skip
    assert found["rows of ratings before"] == before
    assert found["rows of ratings"] == ask(store, "SELECT count(*) FROM ratings")[0][0] < before
    items, share = ask(
        store, "SELECT items, items / (SELECT count(*) FROM movies) FROM spaces WHERE space = 'content'"
    )[0]
    assert found["items with a vector"] == items
    assert found["share of items with a vector"] == pytest.approx(share)
    assert 0 < found["mean score of the first 10 neighbours"] <= 1
    assert 0 < found["explained variance before"] <= 1


def test_a_source_without_tags(store, changed):
    (changed / "tags.csv").unlink()
    named = losses_of(lambda: recstore.build(store, {"movielens": changed}, options=OPTIONS), store)
    assert any(name.startswith("rows of tags: ") and name.endswith(", 0 now") for name in named)
    recstore.build(store, {"movielens": changed}, options=OPTIONS, allow_loss=True)
    assert ask(store, "SELECT count(*) FROM tags") == [(0,)]


def test_too_few_people_take_part(store, source):
    """Every space is named, also where none is left."""
    options = BuildOptions(min_user_ratings=10_000, content_dimensions=8)
    spaces = ask(store, "SELECT space, items FROM spaces ORDER BY space")
    named = losses_of(lambda: recstore.build(store, {"movielens": source}, options=options), store)
    gone = [f"the space {space} of movies: {items} before, 0 now" for space, items in spaces]
    assert [name for name in named if name.startswith("the space")] == gone
    losses_of(lambda: recstore.rebuild(store, min_user_ratings=10_000), store)


def test_a_rebuild_and_an_addition_are_held_to_the_same(store, tmp_path):
    """Ratings that were deleted in the store itself are nobody's loss; the spaces that go with them are."""
    with duckdb.connect(str(store)) as con:
        con.execute("DELETE FROM ratings WHERE movie_id > (SELECT median(movie_id) FROM movies)")
    named = losses_of(lambda: recstore.rebuild(store), store)
    assert not any(name.startswith("rows of ratings") for name in named)
    assert any(name.startswith("items with a vector, space collaborative") for name in named)
    more = tmp_path / "more.csv"
    more.write_text("userId,movieId,rating,timestamp\n1,1,4.5,2000000000\n")
    losses_of(lambda: recstore.add(store, ratings=more), store)
    recstore.rebuild(store, max_loss=0.7)
    recstore.rebuild(store, allow_loss=True)


def test_a_figure_that_is_worse_than_the_build_before_measured(store):
    with duckdb.connect(str(store)) as con:
        con.execute(
            'UPDATE builds SET measured = list_transform(measured, lambda m: struct_pack("catalog" := m."catalog", '
            "space := m.space, what := m.what, "
            '"value" := CASE m.what WHEN \'annoy recall@10\' THEN 2 ELSE m."value" END))'
        )
        con.execute("UPDATE spaces SET explained = list_transform(explained, lambda x: 2.0) WHERE space = 'content'")
    named = losses_of(lambda: recstore.rebuild(store), store)
    assert any(name.startswith("annoy recall@10, space content of movies: 2.000 before, ") for name in named)
    assert any(name.startswith("explained variance, space content of movies: 2.000 before, ") for name in named)


def test_an_empty_catalogue_of_another_loader(store, monkeypatch):
    from recstore.pipeline import opened
    from recstore.sources.loader import LoadReport

    class Empty:
        name = catalog = "movies"

        def load(self, connection, source, options, progress):
            return LoadReport(source)

    monkeypatch.setattr(opened, "get_loader", lambda name: Empty())
    named = losses_of(lambda: recstore.build(store, {"empty": "nothing"}), store)
    assert named == ["the catalogue movies: 100 before, 0 now"]


def test_evaluations_that_do_not_come_along_are_spoken_of(store):
    with duckdb.connect(str(store)) as con:
        con.execute(
            "INSERT INTO evaluations SELECT 'movies', 'p', 'm', true, 'ndcg@10', 0.5, 0.4, 0.6, 9, 0, build_id, now() "
            "FROM builds"
        )
    done = run_recstore("rebuild", store, "-q")
    assert done.returncode == 0, done.stderr
    assert "The 1 evaluations of movies were of the build before" in done.stderr


def test_on_the_command_line(store, changed):
    lines(changed / "ratings.csv", 0.5)
    options = ["--movielens", str(changed), "--min-user-ratings", "10", "--content-dimensions", "8"]

    def build(*more):
        return run_recstore("build", store, *options, *more)

    there = beside(store)
    done = build()
    assert done.returncode == 7
    assert done.stdout == ""
    assert "rows of ratings" in done.stderr
    assert beside(store) == there
    assert build("--allow-loss", "--quiet").returncode == 0


def test_the_space_sequence_goes_only_when_that_is_said(tmp_path):
    source, store = tmp_path / "clips" / "sample.json", tmp_path / "there" / "audio.duckdb"
    store.parent.mkdir()
    write_audio_sample(source.parent, clips=60)
    recstore.build(store, {"audioset": source}, options=BuildOptions(audio_sequence=True))
    named = losses_of(lambda: recstore.build(store, {"audioset": source}), store)
    assert [name.split(":")[0] for name in named if "space" in name] == ["the space sequence of audio"]
    recstore.rebuild(store)
    recstore.rebuild(store, audio_sequence=False)
    assert ("sequence",) not in ask(store, "SELECT space FROM spaces")


def test_movies_join_a_store_of_own_catalogues_alone(standing, small_folder, tmp_path):
    store = Path(shutil.copy(standing, tmp_path / "shop.duckdb"))
    report = recstore.build(store, {"movielens": small_folder})
    assert report.kept == ["books"]
    assert recstore.catalog_names(store) == ["audio", "books", "movies"]
    assert recstore.first_fault(recstore.check(store)) is None
