"""SQLAlchemy over a store: the dialect `recstore`, and the functions of each catalogue as selectables.

`functions("plants")` has those of any catalogue. Those of an installed one are here by their names in SQL, too:
`from recstore.sqlalchemy import similar_plants`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.sql import TableValuedAlias

from recstore.sqlalchemy.dialect import Dialect
from recstore.sqlalchemy.selectables import Functions, functions, named_functions

__all__ = ["Dialect", "Functions", "functions"]
__all__ += list(named_functions())


def __getattr__(name: str) -> Callable[..., TableValuedAlias]:
    found = named_functions().get(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
