"""The arguments and options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

#: What an option takes: `Seed[int]`, or `Seed[int | None]` where leaving it out means what the store was built with.
T = TypeVar("T")

Store = Annotated[Path, typer.Argument(metavar="STORE", help="The store: a DuckDB file.")]
MinRatings = Annotated[T, typer.Option(help="Only people with so many ratings take part in the models.")]
ContentDimensions = Annotated[T, typer.Option(help="Dimensions of the content space.")]
CollaborativeDimensions = Annotated[T, typer.Option(help="Dimensions of the collaborative space.")]
Seed = Annotated[T, typer.Option(help="Seed of all that draws at random.")]
MaxRejects = Annotated[T, typer.Option(help="Share of lines that may fail to load before the build stops.")]
AllowLoss = Annotated[bool, typer.Option("--allow-loss", help="Put the new store in place though it lost something.")]
MaxLoss = Annotated[T, typer.Option(help="Share of a table's rows, or of a figure, that may be lost from a store.")]
AudioSpace = Annotated[T, typer.Option(help="mean, or sequence for the notebook's space besides mean.")]
AudioTrainSplit = Annotated[T, typer.Option(help="Learn labels of clips from this split alone, such as bal_train.")]
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
ExactUpTo = Annotated[T, typer.Option(help="Search approximately above this many items; builds has the recall.")]
Trees = Annotated[T, typer.Option(help="Trees of each Annoy index; 0 lets its size decide.")]
Memory = Annotated[
    T,
    typer.Option(
        metavar="GB",
        help="Memory that DuckDB and the largest arrays share, beside what is held whole; 0 is half of the machine's.",
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; warnings are still shown.")]

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class WaitingCommand(TyperCommand):
    """A command whose `--wait` may stand without seconds, which means for ever."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not export its context
        """Give every `--wait` its value, as what parses options wants it."""
        given, spelt_out = list(args), []
        while given:
            argument = given.pop(0)
            if argument == "--":
                spelt_out += [argument, *given]
                break
            if argument == "--wait":
                argument += "=" + (given.pop(0) if given and _NUMBER.fullmatch(given[0]) else "inf")
            spelt_out.append(argument)
        return super().parse_args(ctx, spelt_out)
