"""Files that are written in another way than MovieLens writes them are read right, or refused with a reason."""

from __future__ import annotations

import pytest
from test_movielens_faults import LINKS, MOVIES, RATINGS, TAGS, load, load_folder, rejects

from recstore import SourceError

TITLES = "movieId,title,genres\n"


def movies(*genres):
    return TITLES + "".join(f'{number},M{number} (2000),"{text}"\n' for number, text in enumerate(genres, 1))


@pytest.mark.parametrize(
    "genres",
    [
        ["['Drama', 'Crime']", "['War']"], ["Drama, Crime", "Sci-Fi, War"], ["Drama;Crime", "War;Western"],
        ['[{""id"": 18, ""name"": ""Drama""}]', "[]"], ["{Drama,Crime}", "{War}"], ["Drama\tCrime", "War\tCrime"],
    ],
)  # fmt: skip
def test_genres_that_no_bar_separates_are_refused(tmp_path, genres):
    with pytest.raises(
        SourceError, match=r"the genres of 2 of 2 movies are not separated by bars, such as .* expected"
    ):
        load(tmp_path, movies(*genres))


@pytest.mark.parametrize(
    "genres",
    [
        ["Drama/Crime", "War/Western", "Crime/War"], ["Drama Crime", "War Crime"], ["Drama & Crime", "War & Crime"],
        ["Drama · Crime", "War · Crime"], ["Drama|War", "Drama|Crime", "Drama, Crime"],
    ],
)  # fmt: skip
def test_genres_that_may_not_be_separated_are_mentioned(tmp_path, genres):
    _, report, notices = load(tmp_path, movies(*genres))
    assert report.rejects == 0
    assert any("may not be separated by bars, such as" in notice for notice in notices)


@pytest.mark.parametrize(
    "genres",
    [
        ["Sci-Fi|Film-Noir", "Children's|War", "(no genres listed)"], ["Drama", "War"], ["Sci-Fi", ""],
        ["Action & Adventure|War", "Drama|War"], ["Sci-Fi", "Drama & War", "War"],
    ],
)  # fmt: skip
def test_genres_as_they_should_be_are_not_mentioned(tmp_path, genres):
    _, _, notices = load(tmp_path, movies(*genres))
    assert not [notice for notice in notices if "bars" in notice]


@pytest.mark.parametrize("which", ["movies", "ratings", "tags", "links"])
def test_a_byte_order_mark_is_no_matter_in_any_file(tmp_path, which):
    files = {"movies": MOVIES, "ratings": RATINGS, "tags": TAGS, "links": LINKS}
    for more in ("", "\r\n"):  # read quickly, and line by line
        marked = files | {which: "\ufeff" + files[which] + more}
        _, report, _ = load(tmp_path, **marked)
        assert (report.rows, report.rejects) == (7, 0)


@pytest.mark.parametrize("name", ["movies.dat", "ratings.dat"])
def test_a_byte_order_mark_before_the_first_row(tmp_path, name):
    files = {"movies.dat": "1::Caf\xe9 (2000)::War\n", "ratings.dat": "1::1::4::5\n2::1::4::5\n"}
    for more in ("", "\n\n"):
        for file, text in files.items():
            (tmp_path / file).write_text(("\ufeff" if file == name else "") + text + more, encoding="utf-8")
        connection, report, _ = load_folder(tmp_path)
        assert (report.rows, report.rejects) == (3, 0)
        assert connection.execute("SELECT movie_id, title FROM movies").fetchall() == [(1, "Caf\xe9 (2000)")]


@pytest.mark.parametrize("which", ["movies", "ratings", "tags", "links"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused(tmp_path, which, encoding):
    files = {"movies": MOVIES, "ratings": RATINGS, "tags": TAGS, "links": LINKS}
    with pytest.raises(SourceError, match=rf"{which}\.csv in .* (is in UTF-16; save it in UTF-8|begins with)"):
        load(tmp_path, **(files | {which: files[which].encode(encoding)}))


@pytest.mark.parametrize(
    "header",
    [
        "movieId,userId,rating,timestamp", "userid,movieid,rating,timestamp", "userId;movieId;rating;timestamp",
        "userId\tmovieId\trating\ttimestamp", "userId,movieId,rating,timestamp,comment", "userId,movieId,rating",
        "userId,movieId,movieId,timestamp", "1,1,4.0,5", "userId,movieId,score,timestamp",
    ],
)  # fmt: skip
def test_another_header_is_refused(tmp_path, header):
    with pytest.raises(SourceError, match=r"ratings\.csv in .* begins with .*; expected is the header"):
        load(tmp_path, ratings=header + "\n" + RATINGS.partition("\n")[2])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ('1,1,"3,5",5', "no number"), ("1,1,80,5", "outside 0.5 to 5"), ("1,1,3.5,1500000000000", "no time between"),
        ("1,1,3.5,1500000000000000", "no time between 1970 and 9999"), ("1,1,3.5,2017-07-14", "no number"),
        ("1,1,3,5,964982703", "wrong number of columns"), ("1;1;3;5", "wrong number of columns"),
        ("1,1,inf,5", "outside 0.5 to 5"), ("1,1,-1e30,5", "outside 0.5 to 5"), ("1,1,1e300,5", "outside 0.5 to 5"),
        ("1,1,3,9223372036854775807", "no time between"), ("1,1,3,-9223372036854775808", "no time between"),
    ],
)  # fmt: skip
def test_numbers_written_in_another_way_are_rejected(tmp_path, rows, reason):
    connection, report, _ = load(tmp_path, ratings=RATINGS + rows + "\n")
    [(_, line, _, found, raw)] = rejects(connection)
    assert (line, raw, report.rejects) == (4, rows, 1)
    assert found.startswith(reason)


def test_a_folder_named_like_a_file_is_none(tmp_path):
    (tmp_path / "movies.csv").mkdir()
    (tmp_path / "ratings.csv").write_text(RATINGS)
    with pytest.raises(SourceError, match=r"movies\.csv is missing"):
        load_folder(tmp_path)
