"""What cannot be loaded is set aside with its line and reason, and nothing else is lost."""

from __future__ import annotations

import csv
import io
import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recstore
from recstore import BuildOptions, SourceError, TooManyRejectsError
from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.progress import Progress
from recstore.sources.loader import get_loader

MOVIES = (
    'movieId,title,genres\r\n1,Toy Story (1995),Comedy|Drama\r\n2,"Matrix, The ""x"" (1999)",(no genres listed)\r\n'
)
RATINGS = "userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,2,4.5,964982704\r\n"
TAGS = "userId,movieId,tag,timestamp\r\n1,1,funny,964982703\r\n"
LINKS = "movieId,imdbId,tmdbId\r\n1,0114709,862\r\n2,0133093,\r\n"


class Notices(Progress):
    def __init__(self):
        self.texts = []

    def notice(self, text):
        self.texts.append(text)


def load(folder, movies=MOVIES, ratings=RATINGS, tags=TAGS, links=LINKS):
    """Load files given as text or bytes; return the connection, the report and the notices."""
    for name, text in {"movies.csv": movies, "ratings.csv": ratings, "tags.csv": tags, "links.csv": links}.items():
        if text is not None:
            (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load_folder(folder)


def load_folder(folder):
    connection = duckdb.connect()
    connection.execute(render_tables(to_be_stored(())))
    notices = Notices()
    report = get_loader("movielens").load(connection, str(folder), BuildOptions(), notices)
    return connection, report, notices.texts


def rejects(connection):
    return connection.execute('SELECT source, line, "column", reason, raw FROM load_rejects ORDER BY ALL').fetchall()


def test_a_clean_release(tmp_path):
    connection, report, _ = load(tmp_path)
    assert (report.rows, report.rejects) == (7, 0)
    assert connection.execute("SELECT movie_id, title, year, genres FROM movies").fetchall() == [
        (1, "Toy Story (1995)", 1995, ["Comedy", "Drama"]),
        (2, 'Matrix, The "x" (1999)', 1999, []),
    ]
    assert connection.execute("SELECT imdb_id, tmdb_id FROM links").fetchall() == [("0114709", 862), ("0133093", None)]
    assert str(connection.execute("SELECT rated_at FROM ratings").fetchall()[0][0]) == "2000-07-30 18:45:03"


def test_every_kind_of_fault_has_its_line(tmp_path):
    rows = [
        "userId,movieId,rating,timestamp",
        "1,1,4.0,964982703",      # 2
        "",                        # 3, blank
        "2,x,3.0,5",               # 4
        "3,1,3.0",                 # 5
        "4,1,3.0,5,6",             # 6
        "5,1,5.5,5",               # 7
        "6,1,nan,5",               # 8
        "7,99,3.0,5",              # 9
        "8,1,3.0,100",             # 10: rated again later
        "8,1,2.0,200",             # 11
        "9,1,,5",                  # 12
        "10,1,3.0,-5",             # 13
        "11,1,0.5,7",              # 14
        "99999999999,1,3.0,7",     # 15
        "12,1.5,3.0,7",            # 16: no movie 2
        '13","1,3.0,7',            # 17
    ]  # fmt: skip
    connection, report, _ = load(tmp_path, ratings="\n".join(rows))
    assert [(line, column, reason) for _, line, column, reason, _ in rejects(connection)] == [
        (4, "movieId", "no number"),
        (5, None, "wrong number of columns"),
        (6, None, "wrong number of columns"),
        (7, "rating", "outside 0.5 to 5"),
        (8, "rating", "no number"),
        (9, "movieId", "no such movie in the list of movies"),
        (10, None, "the same user rated this movie again later"),
        (12, "rating", "no number"),
        (13, "timestamp", "no time between 1970 and 9999"),
        (15, "userId", "no whole number"),
        (16, "movieId", "no whole number"),
        (17, None, "a quote is out of place"),
    ]
    assert all(raw == rows[line - 1] for _, line, _, _, raw in rejects(connection))
    assert connection.execute("SELECT user_id, rating FROM ratings ORDER BY ALL").fetchall() == [
        (1, 4.0), (8, 2.0), (11, 0.5),
    ]  # fmt: skip
    ratings = next(file for file in report.files if file.file == "ratings.csv")
    assert (ratings.rows, ratings.rejects) == (3, 12)


def test_faults_of_movies_links_and_tags(tmp_path):
    connection, _, _ = load(
        tmp_path,
        movies=MOVIES + "1,Again (2000),Drama\r\n3,,Drama\r\n",
        tags=TAGS + '1,2,"two\nlines",5\r\n1,9,lost,5\r\n1,1,NULL,6\r\nx,1,bad,7\r\n',
        links=LINKS + "9,1,1\r\n",
    )
    assert [(source, line, column) for source, line, column, _, _ in rejects(connection)] == [
        ("links.csv", 4, "movieId"),
        ("movies.csv", 4, "movieId"),
        ("movies.csv", 5, "title"),
        ("tags.csv", 5, "movieId"),
        ("tags.csv", 7, "userId"),
    ]
    assert connection.execute("SELECT tag FROM tags ORDER BY tagged_at DESC").fetchall() == [
        ("funny",), ("NULL",), ("two\nlines",),
    ]  # fmt: skip


def test_lines_are_right_where_the_file_is_read_in_parallel(tmp_path):
    movies = "movieId,title,genres\n" + "".join(f"{movie},M{movie} (2000),Drama\n" for movie in range(1, 1001))
    lines = ["userId,movieId,rating,timestamp"]
    lines += [f"{user},{movie},3.5,{movie}" for user in range(1, 301) for movie in range(1, 1001)]
    wrong = {}
    for number in range(777, len(lines), 1013):
        user = lines[number].split(",")[0]
        wrong[number + 1] = lines[number] = ("x,1,3,5", "1,1", f"{user},5000,3,5", f"{user},7,9,5")[number % 4]
    connection, report, _ = load(tmp_path, movies=movies, ratings="\n".join(lines), tags=None, links=None)
    assert {line: raw for _, line, _, _, raw in rejects(connection)} == wrong
    assert report.rows + report.rejects == 1000 + 300_000


def test_a_quote_that_is_not_closed_costs_its_own_line_alone(tmp_path):
    rows = [f"{user},1,3.5,5" for user in range(1, 3000)]
    rows[1500] = '1501,"1,3.5,5'
    connection, report, _ = load(tmp_path, ratings="\n".join([RATINGS.splitlines()[0], *rows]))
    assert rejects(connection) == [("ratings.csv", 1502, None, "a quote is out of place", rows[1500])]
    assert report.rows == 2 + 2998 + 1 + 2
    tags = ['1,1,"open,5' if number == 700 else f"1,1,tag{number},5" for number in range(200_000)]
    connection, report, _ = load(tmp_path, tags="\n".join([TAGS.splitlines()[0], *tags]))
    assert rejects(connection) == [("tags.csv", 702, None, "a quote is out of place", tags[700])]
    assert report.rows == 2 + 2 + 199_999 + 2
    text = TAGS.splitlines()[0] + '\n1,1,"a,5\n2,1,b,5\n3,1,","c",5\n4,1,d,5\n'
    connection, _, _ = load(tmp_path, tags=text)
    assert connection.execute("SELECT user_id, tag FROM tags").fetchall() == [(2, "b"), (4, "d")]
    assert [line for _, line, *_ in rejects(connection)] == [2, 4]


def test_quotes_may_begin_anywhere_in_a_file(tmp_path):
    ratings = RATINGS + '"2","1","4.0","5"\r\n3,1, "4.0" ,5\r\nx,1,1,1\r\n'
    connection, _, _ = load(tmp_path, ratings=ratings, links=LINKS.replace("2,0133093,", '2,"0133093","603"'))
    assert connection.execute("SELECT user_id FROM ratings").fetchall() == [(1,), (1,), (2,), (3,)]
    assert connection.execute("SELECT imdb_id, tmdb_id FROM links").fetchall() == [("0114709", 862), ("0133093", 603)]
    assert len(rejects(connection)) == 1


def test_negative_ids_and_repeated_pairs(tmp_path):
    ratings = RATINGS + "-1,1,3,5\r\n-2147483648,1,3,5\r\n2147483647,1,3,5\r\n"
    connection, report, _ = load(tmp_path, ratings=ratings)
    assert connection.execute("SELECT min(user_id), count(*) FROM ratings").fetchall() == [(-2147483648, 5)]
    assert report.rejects == 0
    connection, _, _ = load(tmp_path, ratings=ratings + "-1,1,4,5\r\n1,1,2,4\r\n")
    assert [line for _, line, *_ in rejects(connection)] == [4, 8]
    assert connection.execute("SELECT rating FROM ratings WHERE user_id = -1").fetchall() == [(4.0,)]


def test_lines_are_right_after_blank_lines_and_line_breaks_in_fields(tmp_path):
    connection, _, _ = load(
        tmp_path,
        movies='movieId,title,genres\n\n1,"Two\n\nlines",Drama\nx,bad\n2,B,"Drama\n|War"\n3,,none\n',
        tags='userId,movieId,tag,timestamp\n\n1,1\n1,1,"a\n\nb",5\n1,9,lost,5\n1,9,"lost\n\ntoo",5\n1,8,lost,5\n',
        links='movieId,imdbId,tmdbId\n1,"0\n1",\n9,1,1\n2,1,x\n',
    )
    assert [(source, line) for source, line, *_ in rejects(connection)] == [
        ("links.csv", 4), ("links.csv", 5), ("movies.csv", 6), ("movies.csv", 9),
        ("tags.csv", 3), ("tags.csv", 7), ("tags.csv", 8), ("tags.csv", 11),
    ]  # fmt: skip
    assert ("tags.csv", 8, "movieId", "no such movie in the list of movies", '1,9,"lost\n\ntoo",5') in rejects(
        connection
    )
    assert connection.execute("SELECT title, genres FROM movies").fetchall() == [
        ("Two\n\nlines", ["Drama"]), ("B", ["Drama\n", "War"]),
    ]  # fmt: skip
    assert connection.execute("SELECT tag FROM tags").fetchall() == [("a\n\nb",)]


def test_a_field_may_read_like_a_null(tmp_path):
    movies = "movieId,title,genres\n1,\\N,\\N\n2,NULL,\n"
    for more in ("", "\n"):
        connection, report, _ = load(tmp_path, movies=movies + more, tags=TAGS + "1,1,\\N,5\r\n1,1,,6\r\n" + more)
        assert connection.execute("SELECT title, genres FROM movies").fetchall() == [("\\N", ["\\N"]), ("NULL", [])]
        assert connection.execute("SELECT tag FROM tags").fetchall() == [("funny",), ("\\N",), ("",)]
        assert report.rejects == 0


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_lines_may_end_in_every_way(tmp_path, ends):
    rows = ["userId,movieId,rating,timestamp", "1,1,3,5", "2,1,3,5", "", "3,9,3,5", "4,1,3,5"]
    if ends == "mixed":
        text = "".join(row + ("\r\n" if number % 2 else "\n") for number, row in enumerate(rows))
    else:
        text = ends.join(rows)
    connection, _, _ = load(tmp_path, ratings=text)
    assert connection.execute("SELECT user_id FROM ratings").fetchall() == [(1,), (2,), (4,)]
    assert [(line, raw) for _, line, _, _, raw in rejects(connection)] == [(5, "3,9,3,5")]


def test_a_line_beyond_reason_is_an_error(tmp_path):
    with pytest.raises(SourceError, match=r"tags.csv in .*: line 3 is longer than 8 MB"):
        load(tmp_path, tags=TAGS + "1,1," + "x" * (17 << 20) + ",5\r\n")


def test_records_run_on_over_the_blocks_in_which_a_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("recstore.loaders.movielens_lines._BLOCK", 50)
    rows = ['1,1,"a\nb\n\nc",5' if number % 5 == 0 else f"1,1,tag{number},5" for number in range(200)]
    rows[77] = '1,1,"open,5'
    rows[120] = "x,1,1,5"
    connection, _, _ = load(tmp_path, tags=TAGS.replace("\r", "") + "\n".join(rows))
    assert connection.execute("SELECT count(*), count(*) FILTER (tag = 'a\nb\n\nc') FROM tags").fetchall() == [
        (199, 39)
    ]
    assert [(line, raw) for _, line, _, _, raw in rejects(connection)] == [
        (3 + 77 + 16 * 3, rows[77]), (3 + 120 + 24 * 3, rows[120]),
    ]  # fmt: skip


def test_a_line_that_is_not_utf8_is_rejected_and_shifts_no_other(tmp_path):
    tags = b"userId,movieId,tag,timestamp\n1,1,ok,5\n1,1,caf\xe9,5\n1,9,lost,5\n1,2,caf\xc3\xa9,6\n"
    connection, _, _ = load(tmp_path, tags=tags)
    assert [(line, reason) for _, line, _, reason, _ in rejects(connection)] == [
        (3, "not valid UTF-8"), (4, "no such movie in the list of movies"),
    ]  # fmt: skip
    assert connection.execute("SELECT tag FROM tags ORDER BY tag").fetchall() == [("café",), ("ok",)]


def test_dat_files_in_latin_1_and_in_utf_8(tmp_path):
    ratings = "1::1::4::964982703\n1::2::3.5::964982704\n"
    for encoding in ("latin-1", "utf-8"):
        folder = tmp_path / encoding
        folder.mkdir()
        movies = '1::Misérables, Les: "x" (1995)::Drama|War\n2::B (2000)::(no genres listed)\n'
        (folder / "movies.dat").write_bytes(movies.encode(encoding))
        (folder / "ratings.dat").write_text(ratings)
        connection, report, notices = load_folder(folder)
        assert connection.execute("SELECT title, year, genres FROM movies").fetchall() == [
            ('Misérables, Les: "x" (1995)', 1995, ["Drama", "War"]),
            ("B (2000)", 2000, []),
        ]
        assert (report.rows, report.rejects) == (4, 0)
        assert any("tags.dat" in notice for notice in notices)


def test_bytes_of_windows_1252_are_its_characters(tmp_path):
    (tmp_path / "movies.dat").write_bytes(b"1::Wes Craven\x92s Caf\xe9 \x81 (1994)::Horror\n")
    (tmp_path / "ratings.dat").write_text("1::1::4::964982703\n")
    connection, report, _ = load_folder(tmp_path)
    assert connection.execute("SELECT title FROM movies").fetchall() == [("Wes Craven’s Café \x81 (1994)",)]
    assert report.rejects == 0


def test_100k(tmp_path):
    flags = ["0"] * 19
    comedy = flags.copy()
    comedy[5] = comedy[16] = "1"
    unknown = ["1", *["0"] * 18]
    (tmp_path / "u.item").write_bytes(
        ("1|Café (1995)|01-Jan-1995||http://x|" + "|".join(comedy) + "\n267|unknown||||" + "|".join(unknown) + "\n")
        .encode("latin-1")
    )  # fmt: skip
    (tmp_path / "u.data").write_text("196\t1\t3\t881250949\n22\t267\t1\t878887116\n22\t1\t1\t878887116\n")
    connection, report, _ = load_folder(tmp_path)
    assert connection.execute("SELECT * EXCLUDE (n_ratings, mean_rating) FROM movies").fetchall() == [
        (1, "Café (1995)", 1995, ["Comedy", "Thriller"]), (267, "unknown", None, []),
    ]  # fmt: skip
    assert (report.rows, report.rejects) == (5, 0)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"ratings": None}, "ratings.csv is missing"),
        ({"ratings": ""}, "ratings.csv in .* is empty"),
        ({"ratings": RATINGS.splitlines()[0] + "\n"}, "ratings.csv in .* has no row"),
        ({"movies": ""}, "movies.csv in .* is empty"),
        ({"movies": "movieId,title,genres\n"}, "movies.csv in .* has no row"),
        ({"tags": ""}, "tags.csv in .* is empty"),
        ({"ratings": "user,movie,rating,timestamp\n1,1,4,5\n"}, "expected is the header 'userId,movieId"),
    ],
)
def test_a_file_that_is_no_good_is_named(tmp_path, files, message):
    with pytest.raises(SourceError, match=message):
        load(tmp_path, **files)


def test_optional_files_may_be_missing_or_have_a_header_alone(tmp_path):
    _, _, notices = load(tmp_path, tags=TAGS.splitlines()[0] + "\n", links=None)
    assert len(notices) == 2
    assert any("tags.csv" in notice and "no rows" in notice for notice in notices)
    assert any("links.csv" in notice for notice in notices)


def test_too_many_rejects_stop_the_build_and_leave_the_store(sample_folder, sample_store, tmp_path):
    folder = shutil.copytree(sample_folder, tmp_path / "sample")
    with (folder / "ratings.csv").open("a") as file:
        file.writelines(f"{user},1,9,5\n" for user in range(1000, 2000))
    store = tmp_path / "store.duckdb"
    shutil.copy(sample_store, store)
    before = store.read_bytes()
    with pytest.raises(
        TooManyRejectsError, match=r"1,000 of .* line 14814: outside 0.5 to 5, rating .*--max-reject-rate"
    ):
        recstore.build(store, {"movielens": folder})
    assert store.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample", "store.duckdb"]
    report = recstore.build(store, {"movielens": folder}, options=BuildOptions(max_reject_rate=0.1))
    assert report.rejects == 1000


part = st.one_of(
    st.sampled_from(["1", "2", "9", '"', '""', ",", "::", "\\N", "nan", "é", "\n", " "]), st.text(max_size=3)
)
line = st.one_of(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.sampled_from([0.5, 3, 5, 7]), st.integers(0, 99)).map(list),
    st.lists(st.lists(part, max_size=3).map("".join), min_size=1, max_size=5),
)


@pytest.fixture(scope="module")
def lines(benchmarks, tmp_path_factory):
    import fuzz_lines

    found = fuzz_lines.Fuzz(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.connection.close()


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["ratings.csv", "tags.csv", "movies.csv", "links.csv", "ratings.dat", "tags.dat", "movies.dat"]),
    st.lists(line, max_size=12),
)
def test_every_line_is_loaded_or_rejected(lines, name, rows):
    delimiter = "::" if name.endswith(".dat") else ","
    header = [{"ratings": RATINGS, "tags": TAGS, "links": LINKS, "movies": MOVIES}[name[:-4]].splitlines()[0]]
    written = [delimiter.join(map(str, row)) for row in rows]
    text = "\n".join([*header, *written] if delimiter == "," else ["1::1::4::5", *written]) + "\n"
    lines.check(name, text.encode("utf-8", "replace"))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-9, 10**9), st.sampled_from(["1", "2", " 2", "2.0"]),
            st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=("Cs", "Cn")), max_size=5),
            st.sampled_from(["5", "5.4", " 7 ", "1_0"]),
        ),
        min_size=1, max_size=12,
    ),
)  # fmt: skip
def test_a_sound_row_is_the_same_whichever_way_it_is_read(tmp_path_factory, rows):
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([TAGS.splitlines()[0].split(","), *rows])
    found = []
    for more in ("", "\n"):
        connection, report, _ = load(tmp_path_factory.mktemp("rows"), tags=written.getvalue() + more)
        assert report.rejects == 0
        found.append(connection.execute("FROM tags").fetchall())
    assert found[0] == found[1]
    assert [tag for _, _, tag, _ in found[0]] == [tag for _, _, tag, _ in rows]
