"""`recstore explore` without a browser: what the page shows and says, asked by NiceGUI's own simulated user."""

from __future__ import annotations

import asyncio
import shutil
import warnings
from contextlib import asynccontextmanager
from functools import wraps

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recstore
from recstore.errors import OptionError
from recstore.explore.address import MOST, Address, parse
from recstore.explore.answers import Answers
from recstore.explore.page import Page
from recstore.explore.question import check_expression

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nicegui import ui
    from nicegui.testing import user_simulation

NASTY = [
    '<script>document.title="taken"</script>',
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "'; DROP TABLE x; --",
]
#: So often, twenty times a second, a text is looked for before it is missed.
PATIENCE = 4000
ENDLESS = "SELECT count(*) FROM range(10_000_000_000) AS a, range(1000) AS b WHERE a.range * b.range % 7 = 3"


def asynchronous(test):
    @wraps(test)
    def run(*arguments, **named):
        asyncio.run(test(*arguments, **named))

    return run


@asynccontextmanager
async def looking(store, there: Address = Address()):  # noqa: B008 - it cannot change
    with Answers(store) as answers:
        async with user_simulation(lambda: Page(answers).build()) as user:
            await user.open(f"/{there.text()}")
            yield user


def lists(user) -> list[list[dict]]:
    """Return the rows of all lists that have some; before the answers are there, there may be none."""
    try:
        tables = user.find(ui.table).elements
    except AssertionError:
        return []
    return [table.rows for table in tables if table.visible and table.rows]


async def is_true(condition, otherwise=lambda: "") -> None:
    """Wait until something is so: as long as any machine may take."""
    for _ in range(PATIENCE):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(otherwise())


async def rows_when(user, condition):
    """Wait until the lists are as they should be; return them."""
    await is_true(lambda: condition(lists(user)), lambda: lists(user))
    return lists(user)


async def sees(user, text: str) -> None:
    """Wait until a text stands in the page."""
    await user.should_see(text, retries=PATIENCE)


def ids(rows):
    return [row["id"] for row in rows]


def box(user, label: str):
    [found] = [one for one in user.find(ui.input).elements if one.props.get("label") == label]
    return found


async def type_in(user, label: str, text: str):
    one = box(user, label)
    with user:
        one.value = text
    one._handle_event({"listener_id": next(k for k, e in one._event_listeners.items() if e.type == "blur"), "args": {}})
    await asyncio.sleep(0.05)


@asynchronous
async def test_an_item_stands_beside_what_is_like_it_in_every_space(sample_store):
    with recstore.connect(sample_store) as con:
        spaces = [row[0] for row in con.execute("SELECT space FROM spaces WHERE catalog = 'movies'").fetchall()]
        title = con.execute("SELECT title FROM movies WHERE movie_id = 1").fetchone()[0]
        best = [
            str(row[0]) for row in con.execute("SELECT movie_id FROM similar_movies(1, space := 'hybrid')").fetchall()
        ]
    async with looking(sample_store, Address(item="1")) as user:
        await sees(user, title)
        found = await rows_when(user, lambda them: len(them) == len(spaces))
        for space in spaces:
            await sees(user, space)
        assert best in [ids(rows) for rows in found]
        await sees(user, "FROM similar_movies(1, k := 10, space := 'hybrid');")
        # What stands in two lists is marked there, with the place in the other.
        marked = [(row, rows) for rows in found for row in rows if row["also"]]
        for row, _rows in marked:
            assert sum(row["id"] in ids(rows) for rows in found) == int(row["lists"]) + 1
        assert marked


@asynchronous
async def test_a_filter_is_refused_beside_its_box_and_taken_when_it_is_mended(sample_store):
    async with looking(sample_store, Address(item="1")) as user:
        before = await rows_when(user, lambda them: len(them) == 4)
        for wrong in ("yaer > 2000", "year >", "true)) AS x; DROP TABLE movies; --", "true, 5", "1=1); SELECT (1"):
            await type_in(user, "filter", wrong)
            await is_true(lambda: box(user, "filter").error, lambda wrong=wrong: wrong)
        await type_in(user, "filter", "year >= 2000 -- new ones")
        found = await rows_when(user, lambda them: len(them) == 4 and them != before)
        assert box(user, "filter").error is None
        with recstore.connect(sample_store) as con:
            right = con.execute("SELECT movie_id FROM similar_movies(1, filter := year >= 2000)").fetchall()
        assert [str(row[0]) for row in right] in [ids(rows) for rows in found]


@asynchronous
async def test_what_is_typed_while_a_search_is_under_way_is_searched_once_by_its_end(small_store, monkeypatch):
    asked, all_is_typed = [], asyncio.Event()

    async def find(_page, words):
        asked.append(words)
        await all_is_typed.wait()
        return {"1": words}

    monkeypatch.setattr(Page, "_find", find)
    async with looking(small_store, Address(view="quality")) as user:
        await sees(user, "Builds")
        [search] = user.find(ui.select).elements
        listener = next(k for k, one in search._event_listeners.items() if one.type == "inputValue")
        for text in ("to", "toy", "toy s", "toy st"):
            search._handle_event({"listener_id": listener, "args": text})
            await is_true(lambda: asked)
        all_is_typed.set()
        await is_true(lambda: search.options)
        assert search.options == {"1": "toy st"}
        assert asked == ["to", "toy st"]


@asynchronous
async def test_what_is_left_out_and_k_change_the_lists_and_their_sql(sample_store):
    async with looking(sample_store, Address(item="1", k=3, exclude=("2",), diversity=0.3, popularity=-0.5)) as user:
        found = await rows_when(user, lambda them: len(them) == 4)
        assert {len(rows) for rows in found} == {3}
        assert not any("2" in ids(rows) for rows in found)
        call = "similar_movies(1, k := 3, space := 'hybrid', exclude := [2], diversity := 0.3, popularity := -0.5)"
        await sees(user, f"FROM {call};")
        with recstore.connect(sample_store) as con:
            right = [str(row[0]) for row in con.execute(f"SELECT movie_id FROM {call}").fetchall()]
        assert right in [ids(rows) for rows in found]


@asynchronous
async def test_what_is_not_there_is_said(sample_store):
    async with looking(sample_store, Address(item="987654")) as user:
        await sees(user, "There is no movie 987654 in this store.")
    async with looking(sample_store, Address(view="person")) as user:
        await sees(user, "Choose a person, or put something into the basket.")


@asynchronous
async def test_a_person_and_a_basket(sample_store):
    with recstore.connect(sample_store) as con:
        next_ones = [str(row[0]) for row in con.execute("SELECT movie_id FROM recommend_movies(1)").fetchall()]
        for_basket = "recommend_movies_for([1, 2], k := 10, disliked := [3])"
        basket = [str(row[0]) for row in con.execute(f"SELECT movie_id FROM {for_basket}").fetchall()]
        latest = con.execute(
            "SELECT movie_id FROM ratings WHERE user_id = 1 ORDER BY rated_at DESC, movie_id"
        ).fetchall()
    async with looking(sample_store, Address(view="person", user="1")) as user:
        found = await rows_when(user, lambda them: len(them) == 2)
        assert next_ones in [ids(rows) for rows in found]
        assert len(latest[:20]) in [len(rows) for rows in found]
    async with looking(sample_store, Address(view="person", liked=("1", "2"), disliked=("3",))) as user:
        found = await rows_when(user, lambda them: len(them) == 1)
        assert ids(found[0]) == basket
        await sees(user, f"FROM {for_basket};")


@asynchronous
async def test_how_good_it_is(sample_store, tmp_path):
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    async with looking(store, Address(view="quality")) as user:
        await sees(user, "Nothing was measured yet")
        await sees(user, "Every line of the sources was loaded.")
        await sees(user, "checks hold.")
        user.find("Compare").click()
        await sees(user, "There is no version before")


@asynchronous
async def test_health_that_takes_too_long_takes_nothing_else_with_it(small_store, monkeypatch):
    monkeypatch.setattr("recstore.explore.quality_view._SECONDS_FOR_HEALTH", 0.2)
    monkeypatch.setattr("recstore.explore.quality_view._HEALTH", ENDLESS)
    async with looking(small_store, Address(view="quality")) as user:
        await sees(user, "It took more than 0.2 seconds. Without an end: recstore check")
        await sees(user, "Every line of the sources was loaded.")


@asynchronous
async def test_what_comes_from_a_store_is_text(sample_store, tmp_path):
    """The page gives titles to Vue as data, never as a template; the browser test looks at what becomes of them."""
    store = shutil.copy(sample_store, tmp_path / "store.duckdb")
    with duckdb.connect(str(store)) as con:
        for number, title in enumerate(NASTY, 1):
            con.execute("UPDATE movies SET title = ? WHERE movie_id = ?", [title, number])
    async with looking(store, Address(item="1")) as user:
        await rows_when(user, lambda them: len(them) == 4)
        await sees(user, NASTY[0])
        assert not any(
            title in str(table.slots["body"].template) for table in user.find(ui.table).elements for title in NASTY
        )


@asynchronous
async def test_a_store_that_is_published_meanwhile_is_shown(small_store, tmp_path):
    store = shutil.copy(small_store, tmp_path / "store.duckdb")
    newer = shutil.copy(small_store, tmp_path / "newer.duckdb")
    with duckdb.connect(str(newer)) as con:
        con.execute("UPDATE movies SET title = 'The New One (2026)' WHERE movie_id = 1")
    async with looking(store, Address(item="1")) as user:
        await rows_when(user, lambda them: len(them) == 4)
        newer.replace(store)
        await sees(user, "The New One (2026)")
        assert "The store was built anew: this shows the new one." in user.notify.messages


def test_the_page_reaches_nothing_but_the_store(small_store, tmp_path):
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    with Answers(small_store) as answers:
        for question in (
            f"FROM read_csv('{outside}')",
            f"COPY movies TO '{tmp_path / 'out.csv'}'",
            "DROP TABLE movies",
        ):
            with pytest.raises(OptionError):
                answers.ask(question)
        assert answers.ask("SELECT count(*) AS n FROM movies") == [{"n": 100}]
    assert not (tmp_path / "out.csv").exists()


def test_a_question_has_an_end(small_store, monkeypatch):
    monkeypatch.setattr("recstore.explore.answers.SECONDS", 0.2)
    with Answers(small_store) as answers, pytest.raises(OptionError, match="more than"):
        answers.ask(ENDLESS)


ADDRESSES = st.builds(
    Address,
    view=st.sampled_from(["item", "person", "map", "quality"]),
    catalog=st.text(max_size=5),
    item=st.text(max_size=8),
    user=st.text(max_size=8),
    liked=st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=4).map(tuple),
    disliked=st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=4).map(tuple),
    k=st.integers(1, MOST),
    filter=st.text(max_size=20),
    boost=st.text(max_size=20),
    exclude=st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=4).map(tuple),
    diversity=st.integers(0, 10).map(lambda tenth: tenth / 10),
    popularity=st.integers(-10, 10).map(lambda tenth: tenth / 10),
)


@given(ADDRESSES)
def test_an_address_says_what_is_shown(one):
    from urllib.parse import parse_qs

    assert parse(parse_qs(one.text().removeprefix("?"))) == one


@given(st.dictionaries(st.sampled_from(["k", "diversity", "popularity", "view", "x"]), st.lists(st.text(), min_size=1)))
def test_an_address_that_says_nonsense_shows_something(given_parts):
    one = parse(given_parts)
    assert 1 <= one.k <= MOST
    assert 0 <= one.diversity <= 1
    assert -1 <= one.popularity <= 1
    assert one.view in ("item", "person", "map", "quality")


@pytest.mark.parametrize(
    "text", ["year > 2000", "year > 2000 -- why", "x IN (SELECT 1)", "a AND (b OR c)", "CASE WHEN a THEN 1 END"]
)
def test_one_expression(text):
    check_expression(text, "filter")


@pytest.mark.parametrize(
    "text", ["", "a) AS x, (b", "true)) AS x; DROP TABLE t; --", "a; SELECT 1", "a) THEN 1 END; SELECT (1", "/*"]
)
def test_what_is_no_expression(text):
    with pytest.raises(OptionError, match="filter"):
        check_expression(text, "filter")
