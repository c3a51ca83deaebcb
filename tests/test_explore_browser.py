"""`recstore explore` in a real browser: what a person does, what it looks like, and that nothing leaves the machine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import duckdb
import explore_picture
import explorer
import pages
import pyarrow as pa
import pytest
from repeated import repeated
from test_explore import NASTY

import recstore
from recstore.explore import write_report
from recstore.sql import literal


@pytest.fixture(scope="module")
def chromium():
    with explorer.chromium() as program:
        yield program


def settled(window, text: str):
    """Wait until a text stands in the page."""
    window.page.get_by_text(text, exact=True).first.wait_for()


def sql(window) -> str:
    return window.page.locator(".rs-sql > :first-child").first.inner_text().strip()


def titles(window, number: int = 0) -> list[str]:
    return window.page.locator("section.rs-card:has(.rs-list)").nth(number).locator(".rs-go").all_inner_texts()


def shown_in(con, call: str, title: str = "title") -> list[str]:
    return [row[0].strip() for row in con.execute(f"SELECT {title} FROM {call}").fetchall()]


def when(window, condition, tries: int = 4000):
    for _ in range(tries):
        if condition():
            return
        window.page.wait_for_timeout(50)
    raise AssertionError(window.page.locator("main.rs-page").inner_text()[:2000])


def labelled(window, label: str):
    """Return what has a label, once there is one such: for a moment the view before is there, too."""
    found = window.page.get_by_label(label, exact=True)
    when(window, lambda: found.count() == 1)
    return found


def wait_for_titles(window, right: list[str]):
    assert right
    when(window, lambda: titles(window) == right)


def shown_address(window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.page.url).query)


@pytest.fixture(scope="module")
def mapped(sample_store, tmp_path_factory):
    """A store with a map, and with figures of models that do alike, as those of an evaluation may be."""
    store = shutil.copy(sample_store, tmp_path_factory.mktemp("mapped") / "films.duckdb")
    recstore.map_items(store)
    figures = """
        INSERT INTO evaluations
        SELECT 'movies', protocol, model, model = 'recommend', metric, value, low, high, 610, 0, 'b', now()::TIMESTAMP
        FROM (VALUES ('leave-one-out'), ('temporal-hold-out')) AS p(protocol),
            (VALUES ('recommend', .494), ('itemknn', .49), ('ease', .483), ('popularity', .302)) AS m(model, accuracy),
            (VALUES ('ndcg@10', accuracy, accuracy - .04, accuracy + .04), ('coverage@10', accuracy / 2, NULL, NULL))
            AS v(metric, value, low, high)
    """
    with duckdb.connect(str(store)) as con:
        con.execute(figures)
    return store


@pytest.fixture(scope="module")
def looked_at(mapped):
    with explorer.explored(mapped) as address:
        yield address


@pytest.fixture
def films(sample_store, tmp_path):
    """A store to look at, and a connection to ask the same by SQL."""
    store = Path(shutil.copy(sample_store, tmp_path / "films.duckdb"))
    with recstore.connect(store) as con:
        yield store, con


@pytest.fixture
def asked(mapped):
    """A connection to ask by SQL what is looked at."""
    with recstore.connect(mapped) as con:
        yield con


def test_films_as_a_person_looks_at_them(chromium, looked_at, asked):
    con = asked
    with explorer.window(chromium, looked_at) as window:
        page = window.page
        [first] = shown_in(con, "movies WHERE movie_id = 1")
        # Search, and choose what is found.
        page.get_by_label("Search movies").press_sequentially(first[:6], delay=20)
        page.get_by_role("option", name=first).first.click()
        wait_for_titles(window, shown_in(con, "similar_movies(1)"))
        # Through three items, by clicks.
        way, seen = [page.url], {first}
        for _ in range(3):
            there = next(title for title in titles(window) if title not in seen)
            seen.add(there)
            page.get_by_role("button", name=there, exact=True).first.click()
            page.locator("h1", has_text=there).wait_for()
            wait_for_titles(window, shown_in(con, f"similar_movies({literal(there)})"))
            way.append(page.url)
        assert len(set(way)) == 4
        # Back leads through them, and an address opened anew shows what it says.
        for url in reversed(way[:-1]):
            page.go_back()
            when(window, lambda url=url: page.url == url)
        page.locator("h1", has_text=first).wait_for()
        with explorer.window(chromium, way[2]) as other:
            [item] = shown_address(other)["item"]
            wait_for_titles(other, shown_in(con, f"similar_movies({item})"))
        # k, then a filter that is wrong, and mended.
        labelled(window, "k").fill("4")
        when(window, lambda: len(titles(window)) == 4)
        box = labelled(window, "filter")
        box.fill("yaer > 2000")
        box.press("Enter")
        page.get_by_role("alert").filter(has_text="yaer").wait_for()
        box.fill("year > 2000")
        box.press("Enter")
        call = "similar_movies(1, k := 4, space := 'hybrid', filter := (year > 2000))"
        when(window, lambda: sql(window) == f"FROM {call};")
        wait_for_titles(window, shown_in(con, call))
        # Why, by a click.
        page.get_by_label("Why?").first.click()
        settled(window, "liked both")
        page.get_by_role("button", name="Close").click()
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_going_back_and_on_quickly_shows_one_view(chromium, looked_at, asked):
    con = asked
    with explorer.window(chromium, f"{looked_at}?item=1") as window:
        labelled(window, "k")
        ways = ["?item=2&k=4", "?view=person&user=1", "?item=1&k=5", "?view=quality", "?item=3&k=3"]
        window.page.evaluate("ways => ways.forEach(way => emitEvent('address', way))", ways)
        wait_for_titles(window, shown_in(con, "similar_movies(3, k := 3)"))
        window.page.wait_for_timeout(500)
        assert window.page.get_by_label("k", exact=True).count() == 1
        assert window.page.locator("h1").count() == 1
        assert window.faults == []


def test_a_basket_and_a_rebuild_meanwhile(chromium, films):
    store, con = films
    with explorer.explored(store) as address, explorer.window(chromium, f"{address}?item=1&k=5") as window:
        page = window.page
        page.get_by_role("button", name="Begin a basket").click()
        settled(window, "What follows")
        wait_for_titles(window, shown_in(con, "recommend_movies_for([1], k := 5)"))
        # What is liked and disliked changes what follows.
        for button, argument in (("Like it", "[1, "), ("Dislike it", "disliked := [")):
            page.get_by_label(button, exact=True).first.click()
            when(window, lambda argument=argument: argument in sql(window))
            wait_for_titles(window, shown_in(con, sql(window).removeprefix("FROM ").removesuffix(";")))
        page.get_by_label("Take away").first.click()
        when(window, lambda: "[1, " not in sql(window))
        newer = Path(shutil.copy(store, store.with_name("newer.duckdb")))
        with duckdb.connect(str(newer)) as writer:
            writer.execute("UPDATE movies SET title = 'Another Name (1999)'")
        newer.replace(store)
        page.get_by_text("The store was built anew").wait_for()
        wait_for_titles(window, ["Another Name (1999)"] * 5)
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_a_bookshop(chromium, bookshop):
    store = bookshop / "shop.duckdb"
    with (
        explorer.explored(store) as address,
        explorer.window(chromium, address) as window,
        recstore.connect(store) as con,
    ):
        window.page.locator(".rs-go").first.click()
        when(window, lambda: "item" in shown_address(window))
        [item] = shown_address(window)["item"]
        wait_for_titles(window, shown_in(con, f"similar_books({literal(item)})"))
        window.page.get_by_role("button", name="Person", exact=True).click()
        window.page.get_by_label("Who bought the most, or an id").click()
        window.page.get_by_role("option").first.click()
        when(window, lambda: "user" in shown_address(window))
        [user] = shown_address(window)["user"]
        wait_for_titles(window, shown_in(con, f"recommend_books({literal(user)})"))
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_the_picture_of_the_docs_shows_the_page_as_it_is(chromium, bookshop):
    """By its text, which the picture has in itself; the last decimals of a score depend on the processor."""
    points, text = explore_picture.take(chromium, bookshop / "shop.duckdb")
    assert len(points) > 10_000
    shown = pages.words(explore_picture.text_of_picture())
    near = [pytest.approx(word, abs=2e-3) if isinstance(word, float) else word for word in shown]
    renew = "to renew docs/explore.png: python tests/explore_picture.py STORE, with the store of examples/bookshop"
    assert pages.words(text) == near, renew


def test_clips(chromium, audio_store):
    with (
        explorer.explored(audio_store) as address,
        explorer.window(chromium, f"{address}?item=5") as window,
        recstore.connect(audio_store) as con,
    ):
        wait_for_titles(window, shown_in(con, "similar_audio(5)", "video_id"))
        # A clip is a link to its second; nothing of it is fetched here.
        play = window.page.get_by_role("link", name="Play").get_attribute("href")
        [video] = shown_in(con, "audio_clips WHERE clip_id = 5", "video_id")
        assert play.startswith(f"https://www.youtube.com/watch?v={video}&t=")
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_the_map_is_clicked_and_selected_from(chromium, looked_at, mapped):
    """A click beside a point goes to the nearest one; a rectangle becomes a filter."""
    with (
        explorer.window(chromium, f"{looked_at}?view=map") as window,
        recstore.connect(mapped) as con,
    ):
        page = window.page
        places = con.execute("SELECT movie_id, x, y, title FROM movie_map JOIN movies USING (movie_id)").fetchall()
        chart = page.locator(".rs-map")
        chart.locator("canvas").first.wait_for()
        page.wait_for_function(
            "getElement(document.querySelector('.rs-map').id.slice(1)).chart?.getOption()?.series.length"
        )

        def at(x, y):
            where = (
                f"getElement(document.querySelector('.rs-map').id.slice(1)).chart.convertToPixel('grid', [{x}, {y}])"
            )
            return dict(zip("xy", page.evaluate(where), strict=True))

        item, x, y, title = max(places, key=lambda row: row[1])
        there = at(x, y)
        chart.click(position={"x": there["x"] + 3, "y": there["y"] + 2})
        when(window, lambda: shown_address(window).get("item") == [str(item)])
        wait_for_titles(window, shown_in(con, f"similar_movies({item}, space := 'hybrid')"))
        assert page.locator(".rs-side .rs-title").first.inner_text() == title
        drawn = "getElement(document.querySelector('.rs-map').id.slice(1)).chart.getOption().series.at(-1).data.length"
        when(window, lambda: page.evaluate(drawn) == 11)
        # What the tool for rectangles sends, around the two items at the right.
        middle = sorted(row[1] for row in places)[-2:][0]
        area = {"type": "brush", "areas": [{"brushType": "rect", "xAxisIndex": 0, "yAxisIndex": 0,
                "coordRange": [[middle, x], [-1e3, 1e3]]}]}  # fmt: skip
        action = "(area) => { const one = getElement(document.querySelector('.rs-map').id.slice(1)).chart;"
        page.evaluate(f"{action} one.dispatchAction(area); one.dispatchAction({{...area, type: 'brushEnd'}}) }}", area)
        settled(window, "2 items selected")
        page.get_by_role("button", name="Use as a filter").click()
        when(window, lambda: "filter" in shown_address(window))
        when(window, lambda: "filter := (movie_id IN (" in sql(window))
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_what_comes_from_a_store_runs_nowhere(chromium, films):
    store, con = films
    con.close()
    with duckdb.connect(str(store)) as writer:
        writer.execute("UPDATE movies SET title = ? || ' ' || movie_id, genres = [?]", [NASTY[1], NASTY[0]])
        for number, title in enumerate(NASTY, 1):
            writer.execute("UPDATE movies SET title = ? WHERE movie_id = ?", [title, number])
    with explorer.explored(store) as address, explorer.window(chromium, f"{address}?item=1") as window:
        page = window.page
        page.locator("h1", has_text=NASTY[0]).wait_for()
        when(window, lambda: len(titles(window)) == 10)
        assert [title for title in titles(window) if title.startswith(NASTY[1]) or title in NASTY] == titles(window)
        page.get_by_label("Why?").first.click()
        settled(window, "Why these two?")
        page.get_by_role("button", name="Close").click()
        page.get_by_label("Search movies").press_sequentially("onerror", delay=20)
        page.get_by_role("option").first.click()
        page.locator("h1", has_text=NASTY[1]).wait_for()
        page.get_by_role("button", name="Begin a basket").click()
        settled(window, "What follows")
        when(window, lambda: len(titles(window)) == 10)
        assert page.title() == "films.duckdb – recstore"
        assert page.locator("img[src=x]").count() == 0
        assert window.faults == []
        assert window.hosts() == {"127.0.0.1"}


def test_names_and_values_of_one_s_own_catalogue_run_nowhere(chromium, tmp_path):
    """Columns, categories, ids and people are as hostile as titles; so is what an error says of a filter."""
    ids = [f"{NASTY[number % 4]} {number}" for number in range(60)]
    items = {"id": ids, NASTY[0]: ids, NASTY[1]: [NASTY[number % 4] for number in range(60)], NASTY[2]: list(range(60))}
    sold = {
        "who": [f"{NASTY[1]} {number % 9}" for number in range(300)],
        "id": [ids[number * number * 7 % 60] for number in range(300)],
    }
    store = tmp_path / "<b>nasty&amp;.duckdb"
    declared = recstore.Items(
        source=pa.table(items),
        id="id",
        title=f'"{NASTY[0].replace(chr(34), chr(34) * 2)}"',
        categories=(f'"{NASTY[1].replace(chr(34), chr(34) * 2)}"',),
        interactions=recstore.Interactions(source=pa.table(sold), user="who", item="id", verb=NASTY[1]),
    )
    recstore.build(store, {"things": declared}, options=recstore.BuildOptions(tune=False))
    recstore.map_items(store)
    question = urlencode({"item": ids[1], "filter": f"'{NASTY[1]}'::INTEGER = 1"})
    views = {
        f"?{question}": "Could not convert",
        f"?{urlencode({'item': ids[1]})}": NASTY[2],
        f"?{urlencode({'view': 'person', 'user': sold['who'][0]})}": "History, the latest first",
        f"?{urlencode({'view': 'map', 'item': ids[1]})}": "are so on the map",
        "?view=quality": "checks hold",
        f"?{urlencode({'item': NASTY[1]})}": "There is no",
    }
    with explorer.explored(store) as address:
        for there, text in views.items():
            with explorer.window(chromium, address + there) as window:
                window.page.get_by_text(text).first.wait_for()
                window.page.wait_for_timeout(200)
                assert window.page.locator("img[src=x]").count() == 0
                assert window.page.title() == f"{store.name} – recstore"
                assert window.faults == []
                assert window.hosts() == {"127.0.0.1"}
    write_report(store, tmp_path / "report.html")
    with explorer.window(chromium, (tmp_path / "report.html").as_uri()) as window:
        assert window.page.locator("img, script").count() == 0
        assert NASTY[0] in window.page.locator("body").text_content()
        assert window.faults == []


@pytest.mark.parametrize(
    ("width", "scheme"), repeated([(1280, "light"), (400, "dark"), (1280, "dark"), (400, "light")],
                                  (1280, "light"), (400, "dark")),
)  # fmt: skip
def test_nothing_is_cut_off(chromium, looked_at, width, scheme, tmp_path):
    """In a wide window and in a narrow one, light and dark; the pictures are there to be looked at."""
    address = looked_at
    for name, there in {"item": "?item=1", "person": "?view=person&user=1", "basket": "?view=person&liked=1&liked=2",
                        "map": "?view=map&item=1", "quality": "?view=quality"}.items():  # fmt: skip
        with explorer.window(chromium, address + there, width, scheme) as window:
            when(window, lambda: window.page.locator("main .rs-card").count() > 1)
            window.page.wait_for_timeout(300)
            assert window.page.evaluate("document.documentElement.scrollWidth") <= width
            assert window.is_cut() == []
            page_color = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", page_color)[:3])) < 200) == (scheme == "dark")
            window.page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
            assert window.faults == []
