"""Guesses what the columns of a table of interactions mean."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.declared.expressions import Expression
from recstore.catalogs.declared.guessing.drafts import Side
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.roles import numbered
from recstore.catalogs.declared.guessing.words import plain, weight_of_event, words_of
from recstore.catalogs.declared.moments import moment
from recstore.errors import OptionError

_SQL = "recstore.catalogs.declared.guessing.sql"
_SHARED = "recstore.catalogs.declared.sql"
_AVERAGES = {"count", "average", "avg", "mean", "num", "total", "n", "std", "helpful", "sum", "imdb"}
_LIKES = {"like", "liked", "likes", "recommended", "recommend", "clicked", "click", "purchased", "bought", "interested"}
#: Words for times that are not when it happened.
OTHER_TIMES = {"updated", "expires", "birth", "signup", "shipped", "delivered", "delivery", "modified", "registered",
               "shipping", "due", "estimated", "renewal", "expire", "expiration", "duration"}  # fmt: skip
#: Words for how an order stands.
STATES = {"status", "state", "zustand", "estado", "statut", "stato", "etat"}
_VERBS = {
    "bought": "sale sales order orders purchase purchases invoice transaction transactions basket retail bought shop "
    "bestellung bestellungen umsatz umsatze verkauf verkaufe venta ventas vente ventes pedido pedidos receipt "
    "groceries",
    "rated": "rating ratings review reviews bewertungen reseñas avis",
    "listened to": "play plays listen listens scrobble scrobbles listening stream streams",
    "watched": "watch watches viewing viewings",
    "borrowed": "loan loans checkout checkouts borrow borrowings ausleihe ausleihen",
    "read": "read reads reading readings",
    "downloaded": "download downloads",
    "viewed": "view views click clicks pageview pageviews",
}
#: What is watched where it is played.
_WATCHED = {"video", "videos", "movie", "movies", "film", "films", "episode", "episodes", "anime"}
#: A share of repeats from which on what somebody had is chosen again.
_AGAIN = 0.25


def _is_counted(column: Profile) -> bool:
    """Tell whether numbers may count days or weeks from some first one on: no days of a week, month or year."""
    return column.least is not None and column.most is not None and column.least >= 0 and 53 < column.most < 20_000


def _days_from_2000(column: Profile, days: int) -> str:
    return f"TIMESTAMP '2000-01-01' + INTERVAL {days} DAY * CAST({bare(column.name)} AS INTEGER)"


def _as_number(column: Profile) -> str:
    """Return a column of numbers; those that are written as text, as some write them in JSON, are read as numbers."""
    return column.name if column.is_number else f"TRY_CAST({bare(column.name)} AS DOUBLE)"


def is_state(column: Profile) -> bool:
    """Tell whether a column says how an order stands, and some were cancelled."""
    is_few = column.is_text and column.distinct <= 30 and bool(STATES & set(words_of(column.name)))
    return is_few and any(weight_of_event(value) == -1 for value, _n in column.common)


class InteractionsGuess:
    """Guesses the interactions' side of a declaration."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self.connection = connection
        self.table = table
        self.side = Side()
        self.taken: set[str] = set()

    def run(self, user: Profile | None, session: Profile | None, item: Profile, item_sql: str | None) -> Side:
        """Return the guess for a table whose user, session and item are known; `item_sql` is how the id is written."""
        side, table = self.side, self.table
        side.set("from", table.source, *table.notes)
        for key, value in table.told().items():
            side.set(key, value)
        self.taken = {one.name for one in (user, session, item) if one}
        self._user(user, session)
        side.set("item", item_sql or item.name)
        self._at(user, session)
        if session:
            self._session(session, user)
        self._rating()
        self._event()
        self._value()
        self._again(user, session, item)
        side.set("verb", self._verb())
        return side

    def _user(self, user: Profile | None, session: Profile | None) -> None:
        if user is None:
            return
        notes = []
        if user.is_float:
            notes.append(f"{user.name} is a column of floating-point numbers; whole ones are kept as whole numbers.")
        if user.missing > 0.001:
            stand_in = f"there {session.name} stands in" if session else "such rows are rejected"
            notes.append(f"{user.missing:.0%} {self.table.of_rows} have no {user.name}: {stand_in}.")
        self.side.set("user", user.name, *notes)

    def _session(self, session: Profile, user: Profile | None) -> None:
        each = session.filled / session.distinct
        note = f"What belongs together: {each:.1f} rows of one {session.name} on average."
        if user is None:
            note += " Nobody is named, so each session is a user of its own."
        self.side.set("session", session.name, note)

    def _at(self, user: Profile | None, session: Profile | None) -> None:
        found = sorted(
            (one for one in self.table.columns.values() if one.name not in self.taken and self._time_score(one) > 0),
            key=self._time_score,
            reverse=True,
        )
        if not found and user and session and (number := numbered(self.connection, self.table, user, session)):
            self.taken.add(number.name)
            note = f"{number.name} counts what one {user.name} had; when is not known, so each is a day from 2000 on."
            self.side.set("at", _days_from_2000(number, 1), note)
            return
        if not found:
            named = [one for one in self.table.columns.values() if one.named("at") == 1 and one.name not in self.taken]
            shown = "; ".join(f"{one.name} holds {one.common[0][0]!r}" for one in named[:3] if one.common)
            self.side.ask(
                "When was it? No column looks like a time, and without times nothing is known of what comes next."
                + (f" {shown}: if that is a time, say how by an expression." if shown else "")
            )
            return
        problem = ""
        for one in found:
            self.taken.add(one.name)
            if one.is_number and not one.is_time and not one.is_day:
                unit = "week" if "week" in words_of(one.name) else "day"
                note = f"{one.name} counts {unit}s; from which one on is not known, so 2000 stands for it."
                self.side.set("at", _days_from_2000(one, 7 if unit == "week" else 1), note)
                return
            if one.is_day and one.is_number:
                self.side.set("at", f"strptime(CAST({bare(one.name)} AS VARCHAR), '%Y%m%d')")
                return
            sample = replace(self.table.relation, text=self.table.sample)
            try:
                moment(self.connection, sample, Expression(sql.identifier(one.name), one.type, one.name))
            except OptionError as error:
                problem = problem or str(error)
                continue
            self.side.set("at", self._with_clock(one))
            return
        self.side.ask(problem, "at", found[0].name)

    def _time_score(self, column: Profile) -> float:
        words = set(words_of(column.name))
        if column.is_nested or column.is_list or column.missing > 0.5 or column.type in ("BOOLEAN", "TIME"):
            return 0
        score = column.named("at")
        if column.type.startswith("TIMESTAMP"):
            score += 1.5
        elif column.type == "DATE":
            score += 1
        elif column.is_time or (column.is_day and score):
            score += 0.8 if score else 0.3
        elif column.is_number and words & {"day", "week"} and column.is_whole and _is_counted(column):
            score = 0.3 if "day" in words else 0.2
        elif column.type != "VARCHAR" or not score or column.length < 6 or column.numeric > 0.5 * column.filled:
            return 0
        is_same = column.distinct == 1 and column.filled > 1
        return score - 0.6 * bool(words & OTHER_TIMES) - is_same

    def _with_clock(self, day: Profile) -> str:
        """Return a column of dates with the time of the day that stands in another column."""
        if day.type != "DATE":
            return day.name
        for one in self.table.columns.values():
            if one.type == "TIME" or (
                one.named("at") and one.type == "VARCHAR" and one.common
                and all(value.count(":") in (1, 2) and len(value) <= 8 for value, _n in one.common)
            ):  # fmt: skip
                clock = bare(one.name) if one.type == "TIME" else f"CAST({bare(one.name)} AS TIME)"
                return f"{bare(day.name)} + {clock}"
        return day.name

    def _rating(self) -> None:
        for one in self.table.find("rating", 0.6):
            is_other = one.is_key or set(words_of(one.name)) & _AVERAGES
            if one.name in self.taken or not one.is_number_or_written or is_other or one.distinct < 2:
                continue
            if one.distinct > 201 and one.named("rating") < 1:
                continue
            self.taken.add(one.name)
            if one.missing > 0.005:
                self.side.ask(
                    f"{one.missing:.0%} {self.table.of_rows} have no {one.name}, and a rating is needed in each. So "
                    "every row counts alike. Leave them out to have ratings: from = \"SELECT … WHERE … IS NOT NULL\".",
                    "rating", one.name,
                )  # fmt: skip
            elif self._is_unrated(one):
                [(commonest, times)] = [pair for pair in one.common if float(pair[0]) == one.least]
                self.side.ask(
                    f"{one.name} is {commonest} in {times / one.filled:.0%} {self.table.of_rows}: does that mean that "
                    "nothing was rated? So every row counts alike, unless you say that these are ratings:",
                    "rating", one.name,
                )  # fmt: skip
            else:
                self.side.set("rating", _as_number(one), f"From {one.least:g} to {one.most:g}.")
            return

    def _is_unrated(self, column: Profile) -> bool:
        """Tell whether the lowest value seems to stand for none: a -1 beside positive ones, or very many zeros."""
        if column.least is None or column.least > 0 or column.distinct < 3 or column.distinct > 30:
            return False
        times = sum(n for value, n in column.common if float(value) == column.least)
        scale = {float(value) for value, _n in column.common}
        if any(scale <= {*map(float, range(top + 1))} and max(scale) == top for top in (5, 10)):
            # Stars begin with 1.
            return times > 0.02 * column.filled
        if column.least < 0:
            return column.negative == times and column.least == -1 and times > 0.005 * column.filled
        return times > 0.3 * column.filled

    def _event(self) -> None:
        if "rating" in self.side.values:
            return
        for one in self.table.columns.values():
            if one.name not in self.taken and self._is_event(one):
                self._weigh(one)
                return

    def _is_event(self, column: Profile) -> bool:
        if not 2 <= column.distinct <= 30 or column.is_float or column.is_nested or column.is_list or column.is_time:
            return False
        known = sum(weight_of_event(value) is not None for value, _n in column.common) / max(len(column.common), 1)
        said = column.named("event")
        if is_state(column):
            return True
        if column.type == "BOOLEAN" or {value for value, _n in column.common} <= {"0", "1"}:
            return bool(set(words_of(column.name)) & _LIKES)
        return said >= 0.5 or known >= 0.7 or (bool(column.named("kind")) and known >= 0.5)

    def _weigh(self, column: Profile) -> None:
        self.taken.add(column.name)
        query = sql.render(_SHARED, "event_counts", event=sql.identifier(column.name), source=self.table.relation.text)
        events = self.connection.execute(query).fetchall()
        if len(events) > 50:
            return
        words = set(words_of(column.name))
        no = -1.0 if words & {"recommended", "recommend", "like", "liked", "likes"} else 0.0
        flags = {"true": 1.0, "1": 1.0, "false": no, "0": no} if words & _LIKES else {}
        weights, unknown = {}, []
        for event, _n in events:
            weight = flags.get(event, weight_of_event(event)) if event != "NULL" else 0.0
            if words & STATES:
                # What was cancelled was never had; a return has a row of its own.
                weight = 0.0 if weight == -1 else 1.0
            if weight is None:
                unknown.append(event)
            weights[event] = 1.0 if weight is None else weight
        if all(weight <= 0 for weight in weights.values()):
            weights = dict.fromkeys(weights, 1.0)
        # What has a strong event beside it is measured by that; alone it counts whole.
        most = max(weights.values())
        weights = {event: round(weight / most, 4) if weight > 0 else weight for event, weight in weights.items()}
        self.side.set("event", column.name)
        counted = ", ".join(f"{event} {n:,}" for event, n in events[:12])
        said = "What was cancelled counts for nothing" if words & STATES else (
            "What each kind counts; a negative one takes back"
        )  # fmt: skip
        self.side.set("weights", weights, f"{said}. There are: {counted}.")
        if unknown:
            self.side.ask(f"What do {', '.join(unknown)} count? Here 1 each.")

    def _value(self) -> None:
        if "rating" in self.side.values:
            return
        for one in self.table.find("value", 0.6):
            is_other = (
                one.is_key or one.named("price") >= 1 or one.named("rating") or set(words_of(one.name)) & {"helpful"}
            )
            if one.name in self.taken or not one.is_number_or_written or is_other or one.distinct < 2 or one.is_time:
                continue
            notes = []
            if one.negative:
                notes.append(
                    f"{one.negative / one.filled:.1%} of them are negative: a return takes back what was bought, and "
                    "who took back all of an item never had it."
                )
            self.taken.add(one.name)
            self.side.set("value", _as_number(one), *notes)
            return

    def _again(self, user: Profile | None, session: Profile | None, item: Profile) -> None:
        """Say whether what somebody had is chosen again, by how often it was on another day or in another session."""
        at = self.table.columns.get(str(self.side.values.get("at")))
        if user is None or user.missing > 0.9 or "rating" in self.side.values:
            return
        if session is not None:
            occasion = sql.identifier(session.name)
        elif at is not None and (at.type == "DATE" or at.type.startswith("TIMESTAMP")):
            occasion = f"CAST({sql.identifier(at.name)} AS DATE)"
        else:
            return
        source, weights = self.table.sample, self.side.values.get("weights")
        if isinstance(weights, dict):
            # Who looks at something and then buys it has it once.
            kinds = ", ".join(sql.literal(kind) for kind, weight in weights.items() if weight == max(weights.values()))
            event = sql.identifier(str(self.side.values["event"]))
            source = f"(FROM {source} WHERE CAST({event} AS VARCHAR) IN ({kinds}))"
        query = sql.render(
            _SQL, "repeated_choices", occasion=occasion, source=source, user=sql.identifier(user.name),
            item=sql.identifier(item.name),
        )  # fmt: skip
        pairs, again = self.connection.execute(query).fetchall()[0]
        if pairs and again >= _AGAIN * pairs:
            self.side.set(
                "seen", "include",
                f"{again / pairs:.0%} of what somebody had they chose again later, so it may be recommended again; "
                '"exclude" keeps to what is new to them.',
            )  # fmt: skip

    def _verb(self) -> str | None:
        """Return what users did, by the kinds of events, and by the words in the names of the file and its columns."""
        if "rating" in self.side.values:
            return "rated"
        weights = self.side.values.get("weights")
        states = bool(STATES & set(words_of(str(self.side.values.get("event", "")))))
        events = [plain(event) for event in weights] if isinstance(weights, dict) and not states else []
        if any(event.startswith(("purchas", "buy", "bought", "order", "sale", "transaction")) for event in events):
            return "bought"
        title = [plain(word) for word in words_of(self.table.title)]
        columns = [plain(word) for name in self.table.columns for word in words_of(name)]
        for words in (title, columns) if not events else ():
            for verb, known in _VERBS.items():
                if set(words) & set(known.split()):
                    return "watched" if verb == "listened to" and _WATCHED & {*title, *columns} else verb
        return None
