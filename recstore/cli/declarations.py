"""Catalogues of the user's own on the command line: from recstore.toml, or from files with ordinary column names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recstore import OptionError
from recstore.cli.console import say

if TYPE_CHECKING:
    from recstore import Items

CONFIG = "recstore.toml"


def declared_sources(
    store: Path, config: Path | None, items: str | None, interactions: str | None, name: str | None, *, is_all: bool
) -> dict[str, Items]:
    """Return the catalogues that are declared, by name: in a file, or by sources whose columns are guessed.

    Where nothing else says what is to be built (`is_all`), `recstore.toml` beside the store counts, or in the current
    folder.
    """
    import recstore

    if items is not None or interactions is not None:
        if config is not None:
            raise OptionError("--config declares all; leave --items and --interactions out, or it.")
        guess = recstore.init(*(source for source in (items, interactions) if source is not None), name=name)
        if interactions is not None and guess.items.interactions is None:
            raise OptionError(
                f"{interactions} holds no interactions that can be told from its columns: a user or session, and ids"
                f"{' of the items' if items else ''}. Declare which columns they are: recstore init writes a beginning."
            )
        if items is not None and guess.items.source is None:
            raise OptionError(
                f"{items} holds no items that can be told from its columns: none has another value in every row. Drop "
                "rows that are there twice, or declare which column is the id: recstore init writes a beginning."
            )
        for line in guess.left_out:
            say(line)
        return {guess.name: guess.items}
    if config is None and is_all:
        config = next((one for one in (store.parent / CONFIG, Path(CONFIG)) if one.is_file()), None)
    if config is None:
        return {}
    declared = recstore.read_config(config)
    if name is None:
        return declared
    if name not in declared:
        raise OptionError(f"{config} declares no catalogue {name!r}; it has: {', '.join(declared)}.")
    return {name: declared[name]}
