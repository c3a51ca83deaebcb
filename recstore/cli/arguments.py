"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

#: What an option takes: `Seed[int]`, or `Seed[int | None]` where leaving it out means what the store was built with.
T = TypeVar("T")

Store = Annotated[Path, typer.Argument(metavar="STORE", help="The store: a DuckDB file.")]
MinRatings = Annotated[T, typer.Option(help="Only people with so many ratings take part in the models.")]
ContentDimensions = Annotated[T, typer.Option(help="Dimensions of the content space.")]
CollaborativeDimensions = Annotated[T, typer.Option(help="Dimensions of the collaborative space.")]
Seed = Annotated[T, typer.Option(help="Seed of all that draws at random.")]
MaxRejects = Annotated[T, typer.Option(help="Share of lines that may fail to load before the build stops.")]
AudioSpace = Annotated[T, typer.Option(help="mean, or sequence for the notebook's space besides mean.")]
AudioTrainSplit = Annotated[T, typer.Option(help="Learn labels of clips from this split alone, such as bal_train.")]
Keep = Annotated[int, typer.Option(min=0, help="How many versions before the new one stay beside it.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait while another builder or a writer has the store.")]
ExactUpTo = Annotated[T, typer.Option(help="Spaces of more items get approximate neighbours, and their recall.")]
Trees = Annotated[T, typer.Option(help="Trees of each Annoy index; 0 lets its size decide.")]
Memory = Annotated[T, typer.Option(help="GB for the weights from movie to movie while they are computed.")]
Untrusted = Annotated[bool, typer.Option("--untrusted", help="A stranger's file: let it reach nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; warnings are still shown.")]
