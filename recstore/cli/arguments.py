"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

#: What an option takes: `Seed[int]`, or `Seed[int | None]` where leaving it out means what the store was built with.
T = TypeVar("T")

Store = Annotated[Path, typer.Argument(metavar="STORE", help="The store: a DuckDB file.")]
Seed = Annotated[T, typer.Option(help="Seed of all that draws at random.")]
MaxRejects = Annotated[T, typer.Option(help="Share of lines that may fail to load before the build stops.")]
AllowLoss = Annotated[bool, typer.Option("--allow-loss", help="Put the new store in place though it lost something.")]
Keep = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="How many versions before stay beside the store, from now on.",
        show_default="as told before; 1 at first",
    ),
]
Discard = Annotated[bool, typer.Option("--discard", help="Do without what was written to the store since.")]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="[SECONDS]",
        show_default=False,
        help="Wait while another builder or a writer has the store; without a number, as long as it takes.",
    ),
]
Memory = Annotated[
    T,
    typer.Option(
        metavar="GB",
        help="Memory that the work may take, all in all; 0 is half of the machine's.",
    ),
]
Threads = Annotated[
    int, typer.Option(metavar="N", min=0, help="How many threads work; 0 is one for each core that may be used.")
]
Untrusted = Annotated[bool, typer.Option("--untrusted", help="A stranger's file: let it reach nothing else.")]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.1, help="End after so many seconds; with --untrusted 60 are the default."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Catalogues of your own, declared.", show_default="recstore.toml beside the store, if any"
    ),
]
ItemsSource = Annotated[
    str | None, typer.Option("--items", metavar="SOURCE", help="Items of a catalogue of your own: a file or folder.")
]
InteractionsSource = Annotated[
    str | None,
    typer.Option("--interactions", metavar="SOURCE", help="Who had which of them: a file or folder."),
]
OwnCatalog = Annotated[str | None, typer.Option("--catalog", metavar="NAME", help="The name of that catalogue.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; warnings are still shown.")]

#: How long a stranger's store may take where --timeout does not say.
_STRANGER_SECONDS = 60.0


def seconds(timeout: float | None, untrusted: bool) -> float | None:
    """Return how long something may take, by the options; None is for ever."""
    return _STRANGER_SECONDS if timeout is None and untrusted else timeout
