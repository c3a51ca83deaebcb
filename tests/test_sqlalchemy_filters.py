"""What a filter says in SQLAlchemy, it says in SQL: no subquery and no table of it is lost."""

from __future__ import annotations

import duckdb
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from recstore.sqlalchemy import movies_about, nearest_movies, recommend_for, recommend_movies, similar_movies


@pytest.fixture(scope="module")
def engine(sample_store, tmp_path_factory):
    mine = tmp_path_factory.mktemp("mine") / "mine.duckdb"
    with duckdb.connect(str(mine)) as own:
        own.execute("CREATE TABLE seen AS SELECT * FROM (VALUES (2, 1950), (5, 1990), (9, 1995)) AS v(movie_id, year)")
        own.execute('CREATE TABLE "odd "" table" AS SELECT 3 AS "movie id", 1980 AS "select"')
        own.execute("CREATE TABLE movies AS SELECT 4 AS movie_id, 'mine' AS title, 1999 AS year")
    engine = sa.create_engine(f"recstore:///{sample_store}?attach={mine}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tables(engine):
    metadata = sa.MetaData()
    found = {name: sa.Table(name, metadata, autoload_with=engine) for name in ("movies", "ratings", "tags")}
    for name in ("seen", 'odd " table', "movies"):
        found[f"mine.{name}"] = sa.Table(name, metadata, schema="mine.main", autoload_with=engine)
    found["in store"] = sa.Table("movies", metadata, schema="rec_store.main", autoload_with=engine)
    return found


class Base(DeclarativeBase):
    """Of the classes of these tests."""


class Movie(Base):
    __tablename__ = "movies"
    movie_id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    year: Mapped[int]
    n_ratings: Mapped[int]


class Lower(sa.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.lower()


def conditions(tables) -> dict[str, tuple[object, str]]:
    """Conditions over the items: as SQLAlchemy has them, and as SQL has them."""
    m, r, seen, stored = tables["movies"], tables["ratings"], tables["mine.seen"], tables["in store"]
    odd, own, other = tables['mine.odd " table'], tables["mine.movies"], m.alias("other")
    many = sa.select(r.c.movie_id).group_by(r.c.movie_id).having(sa.func.count() > 40)
    chosen = sa.select(seen.c.movie_id).where(seen.c.year > 1960).cte("chosen")
    ranked = sa.select(m.c.movie_id, sa.func.row_number().over(order_by=[m.c.year, m.c.movie_id]).label("place"))
    ranked = ranked.subquery("ranked")
    lowered = sa.func.lower(m.c.title, type_=Lower())
    return {
        "in": (m.c.movie_id.in_(sa.select(seen.c.movie_id)), "movie_id IN (SELECT movie_id FROM mine.seen)"),
        "not in": (m.c.movie_id.not_in(sa.select(seen.c.movie_id)), "movie_id NOT IN (SELECT movie_id FROM mine.seen)"),
        "not": (~m.c.movie_id.in_(sa.select(seen.c.movie_id)), "movie_id NOT IN (SELECT movie_id FROM mine.seen)"),
        "exists": (sa.exists().where(seen.c.movie_id == m.c.movie_id),
                   "EXISTS (FROM mine.seen AS s WHERE s.movie_id = movies.movie_id)"),
        "not exists": (~sa.exists().where(seen.c.movie_id == m.c.movie_id, seen.c.year < m.c.year),
                       "NOT EXISTS (FROM mine.seen AS s WHERE s.movie_id = movies.movie_id AND s.year < movies.year)"),
        "exists of select": (sa.select(sa.literal(1)).where(seen.c.movie_id == m.c.movie_id).exists(),
                             "movie_id IN (FROM mine.seen SELECT movie_id)"),
        "correlated scalar": (
            m.c.year > sa.select(sa.func.max(seen.c.year)).where(seen.c.movie_id <= m.c.movie_id).scalar_subquery(),
            "year > (SELECT max(s.year) FROM mine.seen AS s WHERE s.movie_id <= movies.movie_id)"),
        "scalar": (m.c.year > sa.select(sa.func.avg(seen.c.year)).scalar_subquery(),
                   "year > (SELECT avg(year) FROM mine.seen)"),
        "own table": (m.c.year >= sa.select(sa.func.max(m.c.year) - 20).scalar_subquery(),
                      "year >= (SELECT max(year) - 20 FROM movies)"),
        "own table by alias": (m.c.year >= sa.select(sa.func.max(other.c.year) - 20).scalar_subquery(),
                               "year >= (SELECT max(year) - 20 FROM movies)"),
        "correlated with its alias": (
            sa.select(sa.func.count()).where(other.c.year == m.c.year).scalar_subquery() > 1,
            "(SELECT count(*) FROM movies AS o WHERE o.year = movies.year) > 1"),
        "grouped": (m.c.movie_id.in_(many),
                    "movie_id IN (SELECT movie_id FROM ratings GROUP BY ALL HAVING count(*) > 40)"),
        "join": (m.c.movie_id.in_(sa.select(r.c.movie_id).join(seen, seen.c.movie_id == r.c.movie_id)),
                 "movie_id IN (SELECT r.movie_id FROM ratings AS r JOIN mine.seen AS s ON s.movie_id = r.movie_id)"),
        "cte": (m.c.movie_id.in_(sa.select(chosen.c.movie_id)),
                "movie_id IN (SELECT movie_id FROM mine.seen WHERE year > 1960)"),
        "union": (m.c.movie_id.in_(sa.union(sa.select(seen.c.movie_id), sa.select(odd.c["movie id"]))),
                  "movie_id IN (SELECT movie_id FROM mine.seen UNION SELECT 3)"),
        "window": (m.c.movie_id.in_(sa.select(ranked.c.movie_id).where(ranked.c.place <= 20)),
                   "movie_id IN (SELECT movie_id FROM movies ORDER BY year, movie_id LIMIT 20)"),
        "odd names": (m.c.movie_id.in_(sa.select(odd.c["movie id"]).where(odd.c["select"] < m.c.year)),
                      "movie_id = 3 AND year > 1980"),
        "table of the same name": (m.c.movie_id.in_(sa.select(own.c.movie_id)), "movie_id = 4"),
        "in the schema of the store": (sa.and_(stored.c.year > 1980, stored.c.n_ratings > 3),
                                       "year > 1980 AND n_ratings > 3"),
        "expanding": (m.c.movie_id.in_([2, 3, 5, 7]), "movie_id IN (2, 3, 5, 7)"),
        "empty": (m.c.movie_id.in_([]), "false"),
        "bound": (m.c.title.contains(sa.bindparam("part", "the")), "contains(title, 'the')"),
        "or": (sa.or_(m.c.year < 1980, sa.and_(m.c.n_ratings > 5, ~m.c.title.like("T%"))),
               "year < 1980 OR (n_ratings > 5 AND title NOT LIKE 'T%')"),
        "cast": (sa.cast(m.c.year, sa.String).like("199%"), "CAST(year AS VARCHAR) LIKE '199%'"),
        "decorated": (lowered == sa.bindparam("whole", "THE NINTH HORIZON (1979)", type_=Lower()),
                      "lower(title) = 'the ninth horizon (1979)'"),
        "function and label": (sa.func.length(m.c.title).label("long") > 20, "length(title) > 20"),
        "case": (sa.case((m.c.year > 1990, m.c.n_ratings), else_=0) > 2, "year > 1990 AND n_ratings > 2"),
        "between": (m.c.year.between(1980, 1999), "year BETWEEN 1980 AND 1999"),
        "list": (sa.func.list_contains(m.c.genres, "Comedy"), "list_contains(genres, 'Comedy')"),
        "any": (sa.literal("Comedy") == sa.any_(m.c.genres), "list_contains(genres, 'Comedy')"),
        "text": (sa.text("year > 1990 OR n_ratings > 9"), "year > 1990 OR n_ratings > 9"),
        "bound text": (sa.text("year > :y").bindparams(y=1990), "year > 1990"),
        "literal column": (sa.literal_column("year") > 1990, "year > 1990"),
        "bare": (sa.column("year") > 1990, "year > 1990"),
        "named only": (sa.table("movies", sa.column("year")).c.year > 1990, "year > 1990"),
        "class": (Movie.year > 1990, "year > 1990"),
        "class in a subquery": (sa.exists().where(seen.c.movie_id == Movie.movie_id),
                                "movie_id IN (SELECT movie_id FROM mine.seen)"),
        "null": (m.c.year.is_(None), "year IS NULL"),
        "true": (sa.true(), "true"),
        "string": ("year > 1990 OR n_ratings > 9", "year > 1990 OR n_ratings > 9"),
    }  # fmt: skip


def test_every_condition_means_what_it_means_in_sql(engine, tables):
    with engine.connect() as con:
        for name, (condition, right) in conditions(tables).items():
            made = similar_movies(1, k=200, filter=condition)
            wanted = con.exec_driver_sql(f"SELECT movie_id FROM similar_movies(1, k := 200, filter := {right})")
            assert con.execute(sa.select(made.c.movie_id)).fetchall() == wanted.fetchall(), name


@pytest.mark.parametrize("which", ["in", "exists", "correlated scalar", "own table", "odd names", "expanding"])
def test_conditions_of_every_function(engine, tables, which):
    condition, right = conditions(tables)[which]
    vector = sa.text("SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'hybrid'")
    vector = vector.columns(vector=sa.ARRAY(sa.Float)).scalar_subquery()
    asked = {
        "nearest_movies((SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'hybrid')":
            nearest_movies(vector, k=200, filter=condition),
        "movies_about('horizon'": movies_about("horizon", k=200, filter=condition),
        "recommend_movies(1": recommend_movies(1, k=200, filter=condition),
        "recommend_for([1, 2]": recommend_for([1, 2], k=200, filter=condition),
    }  # fmt: skip
    with engine.connect() as con:
        for call, made in asked.items():
            wanted = con.exec_driver_sql(f"SELECT movie_id FROM {call}, k := 200, filter := {right})")
            assert con.execute(sa.select(made.c.movie_id)).fetchall() == wanted.fetchall(), call


def test_other_tables_of_the_query(engine, tables):
    m, seen = tables["movies"], tables["mine.seen"]
    asked = m.alias("asked")
    first = similar_movies(1, k=3)
    cases = {
        "same name": (
            (s := similar_movies(seen.c.movie_id, k=2, filter=m.c.year > seen.c.year)), seen, s.c.movie_id,
            "SELECT s.movie_id FROM mine.seen AS t, similar_movies(t.movie_id, k := 2, filter := year > t.year) AS s"),
        "alias of the items": (
            (s := similar_movies(asked.c.movie_id, k=1, filter=m.c.year > asked.c.year)), asked, s.c.movie_id,
            "SELECT s.movie_id FROM movies AS t, similar_movies(t.movie_id, k := 1, filter := year > t.year) AS s"),
        "columns of a function": (
            (s := similar_movies(first.c.movie_id, k=2, filter=m.c.year < first.c.year)), first, s.c.movie_id,
            "SELECT s.movie_id FROM similar_movies(1, k := 3) AS t, "
            "similar_movies(t.movie_id, k := 2, filter := movies.year < t.year) AS s"),
        "in a subquery": (
            (s := similar_movies(seen.c.movie_id, k=2, filter=sa.exists().where(
                tables["ratings"].c.movie_id == m.c.movie_id, tables["ratings"].c.user_id == seen.c.movie_id))),
            seen, s.c.movie_id,
            "SELECT s.movie_id FROM mine.seen AS t, similar_movies(t.movie_id, k := 2, filter := movie_id IN "
            "(SELECT r.movie_id FROM ratings AS r WHERE r.user_id = t.movie_id)) AS s"),
    }  # fmt: skip
    with engine.connect() as con:
        for name, (_made, beside, column, right) in cases.items():
            found = con.execute(sa.select(column).select_from(beside)).fetchall()
            assert sorted(found) == sorted(con.exec_driver_sql(right).fetchall()), name
            assert found, name


def test_what_stands_nowhere_is_an_error(engine, tables):
    """A table that the query does not name is never dropped from the condition."""
    m, seen = tables["movies"], tables["mine.seen"]
    for condition in (seen.c.year > 1960, m.alias().c.year > 1960, similar_movies(1).c.year > 1960):
        with engine.connect() as con, pytest.raises(ProgrammingError):
            con.execute(sa.select(similar_movies(1, filter=condition).c.movie_id)).fetchall()
    for wrong in (seen, 7):
        with pytest.raises(SQLAlchemyError):
            similar_movies(1, filter=wrong)


def test_conditions_are_cached_by_what_they_say(engine, tables):
    """One compiled statement serves other values, never another condition."""
    m, seen = tables["movies"], tables["mine.seen"]
    with engine.connect() as con, Session(engine) as session:
        for year in (1975, 1990, 2005):
            found = con.execute(sa.select(similar_movies(1, k=200, filter=m.c.year > year).c.year)).scalars().all()
            assert min(found) > year
            chosen = sa.select(seen.c.movie_id).where(seen.c.year > year)
            statement = sa.select(similar_movies(1, k=200, filter=m.c.movie_id.in_(chosen)).c.movie_id)
            right = con.exec_driver_sql(
                f"SELECT movie_id FROM similar_movies(1, k := 200, filter := movie_id IN "
                f"(SELECT movie_id FROM mine.seen WHERE year > {year}))"
            ).scalars()
            assert session.scalars(statement).all() == right.all()
        for listed in ([2], [2, 3], [5, 7, 9]):
            found = con.execute(sa.select(similar_movies(1, filter=m.c.movie_id.in_(listed)).c.movie_id)).scalars()
            assert set(found) == set(listed)


def test_attached_files_of_one_name(sample_store, tmp_path):
    paths = []
    for folder, name in (("a", "mine.duckdb"), ("b", "Mine.db")):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / name)
        duckdb.connect(str(paths[-1])).close()
    with pytest.raises(ArgumentError, match=r"a/mine.duckdb and .*b/Mine.db would both be called Mine"):
        sa.create_engine(f"recstore:///{sample_store}?attach={paths[0]}&attach={paths[1]}").connect()
