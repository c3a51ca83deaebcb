"""The commands. Each opens the library, calls one thing and prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from recstore.cli.arguments import (
    AllowLoss,
    AudioSpace,
    AudioTrainSplit,
    CollaborativeDimensions,
    ContentDimensions,
    ExactUpTo,
    Keep,
    MaxLoss,
    MaxRejects,
    Memory,
    MinRatings,
    Quiet,
    Seed,
    Store,
    Threads,
    Timeout,
    Trees,
    Untrusted,
    Wait,
    WaitingCommand,
)
from recstore.cli.asking import asking
from recstore.cli.console import LogFormat, State, exit_codes, print_data, run_app, run_command, say, watch
from recstore.cli.formats import Format
from recstore.cli.items import ItemCommand
from recstore.cli.upkeep import run_build, upkeep

app = typer.Typer(
    name="recstore",
    help="A recommendation store: one DuckDB file in which 'movies like this one' is a SQL function.",
    epilog=f"Exit codes: {exit_codes()}. Example: recstore demo",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(asking)
app.add_typer(upkeep)


@app.callback(invoke_without_command=True)
def main_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="What stderr is: lines of words, or one JSON object a line.")
    ] = LogFormat.TEXT,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Take the options that every command shares."""
    State.debug, State.log_format = debug, log_format
    if version:
        from importlib.metadata import version as installed

        print(f"recstore {installed('recstore')}")
        raise typer.Exit


@app.command(epilog="Example: recstore demo")
def demo(
    store: Annotated[Path, typer.Argument(metavar="[STORE]", help="Where to build it.")] = Path("recstore-demo.duckdb"),
) -> None:
    """Build a small store from generated sample data and ask it something; needs no network."""

    def work() -> None:
        from recstore.cli.demo import run_demo

        run_demo(store, watch(quiet=False))

    run_command(work)


@app.command(cls=WaitingCommand, epilog="Example: recstore build movies.duckdb --movielens ml-latest-small")
def build(
    store: Store,
    movielens: Annotated[
        str | None,
        typer.Option(help="A folder, a .zip, an https address, or a known name such as ml-latest-small."),
    ] = None,
    audioset: Annotated[
        str | None,
        typer.Option(help="features.tar.gz, a folder of .tfrecord files, one file, or a .json export."),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="LOADER=SOURCE", help="A source of any other installed loader.")
    ] = None,
    min_user_ratings: MinRatings[int] = 25,
    content_dimensions: ContentDimensions[int] = 200,
    collaborative_dimensions: CollaborativeDimensions[int] = 200,
    seed: Seed[int] = 0,
    max_reject_rate: MaxRejects[float] = 0.01,
    music_filter: Annotated[
        str, typer.Option(help="Which clips are music: by the ontology, or by a label whose name contains music.")
    ] = "ontology",
    label: Annotated[str, typer.Option(help="Keep only clips that carry this label, too.")] = "",
    audio_space: AudioSpace[str] = "mean",
    audio_train_split: AudioTrainSplit[str] = "",
    keep: Keep = None,
    wait: Wait = 0.0,
    exact_up_to: ExactUpTo[int] = 200_000,
    trees: Trees[int] = 0,
    memory: Memory[float] = 0.0,
    threads: Threads = 0,
    max_loss: MaxLoss[float] = 0.1,
    allow_loss: AllowLoss = False,
    quiet: Quiet = False,
) -> None:
    """Build a store from files, or replace the catalogues of an existing one whose sources are named."""

    def work() -> None:
        from recstore import BuildOptions
        from recstore.errors import OptionError
        from recstore.pipeline.build import build as build_store
        from recstore.sources.addresses import shown

        given = {"movielens": movielens, "audioset": audioset}
        sources = {name: value for name, value in given.items() if value is not None}
        for text in source or []:
            name, equals, value = text.partition("=")
            if not equals:
                raise OptionError(f"--source takes LOADER=SOURCE, not {shown(text)!r}.")
            if name in sources:
                raise OptionError(
                    f"There are two sources for {name}: {shown(sources[name])} and {shown(value)}. Name one."
                )
            sources[name] = value
        options = BuildOptions(
            min_user_ratings=min_user_ratings,
            content_dimensions=content_dimensions,
            collaborative_dimensions=collaborative_dimensions,
            seed=seed,
            max_reject_rate=max_reject_rate,
            music_filter=music_filter,
            label=label,
            audio_sequence=_with_sequence(audio_space),
            audio_train_split=audio_train_split,
            exact_up_to=exact_up_to,
            trees=trees,
            memory=memory,
            max_loss=max_loss,
        )
        run_build(
            store,
            quiet,
            lambda progress: build_store(
                store,
                sources,
                options=options,
                threads=threads,
                keep=keep,
                wait=wait,
                allow_loss=allow_loss,
                progress=progress,
            ),
        )

    run_command(work)


@app.command(cls=WaitingCommand, epilog="Example: recstore rebuild movies.duckdb --seed 1")
def rebuild(
    store: Store,
    min_user_ratings: MinRatings[int | None] = None,
    content_dimensions: ContentDimensions[int | None] = None,
    collaborative_dimensions: CollaborativeDimensions[int | None] = None,
    seed: Seed[int | None] = None,
    audio_space: AudioSpace[str | None] = None,
    audio_train_split: AudioTrainSplit[str | None] = None,
    exact_up_to: ExactUpTo[int | None] = None,
    trees: Trees[int | None] = None,
    memory: Memory[float | None] = None,
    threads: Threads = 0,
    only: Annotated[str | None, typer.Option(help="Recompute this catalogue alone: movies or audio.")] = None,
    keep: Keep = None,
    wait: Wait = 0.0,
    max_loss: MaxLoss[float | None] = None,
    allow_loss: AllowLoss = False,
    quiet: Quiet = False,
) -> None:
    """Recompute vectors and neighbours from the tables in the store; what is not named is as it was built."""

    def work() -> None:
        from recstore.pipeline.build import rebuild as rebuild_store

        given: dict[str, object] = {
            "min_user_ratings": min_user_ratings,
            "content_dimensions": content_dimensions,
            "collaborative_dimensions": collaborative_dimensions,
            "seed": seed,
            "exact_up_to": exact_up_to,
            "trees": trees,
            "audio_train_split": audio_train_split,
            "memory": memory,
            "max_loss": max_loss,
            "audio_sequence": None if audio_space is None else _with_sequence(audio_space),
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        run_build(
            store,
            quiet,
            lambda progress: rebuild_store(
                store,
                only=only,
                threads=threads,
                keep=keep,
                wait=wait,
                allow_loss=allow_loss,
                progress=progress,
                **changes,
            ),
        )

    run_command(work)


@app.command(epilog="Example: recstore info movies.duckdb")
def info(
    store: Store,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Show what is inside a store, from which sources, how large, how old."""

    def work() -> None:
        from recstore.cli.info import print_info, print_json

        (print_json if as_json else print_info)(store, untrusted)

    run_command(work, timeout, untrusted)


@app.command(
    cls=WaitingCommand, epilog="Example: recstore evaluate movies.duckdb --fail-under next-watched/ndcg@10=0.02"
)
def evaluate(
    store: Store,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=VALUE",
            help="Exit with 5 if the figure is lower: ndcg@10=0.3, or PROTOCOL/MODEL/METRIC=VALUE; may be repeated.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw accuracy against coverage: .png, .svg or .pdf.")
    ] = None,
    seed: Seed[int] = 0,
    memory: Memory[float] = 0.0,
    threads: Threads = 0,
    wait: Wait = 0.0,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    quiet: Quiet = False,
) -> None:
    """Measure how good the recommendations are; the figures go to the table evaluations."""

    def work() -> None:
        from recstore.cli.evaluate import Evaluating, run_evaluation

        evaluation = Evaluating(seed=seed, memory=memory, threads=threads, wait=wait)
        run_evaluation(store, fail_under or [], plot, evaluation, form, watch(quiet))

    run_command(work)


@app.command(cls=ItemCommand, epilog='Example: recstore similar movies.duckdb movies "Toy Story (1995)" -k 5')
def similar(
    store: Store,
    catalog: Annotated[
        str,
        typer.Argument(
            metavar="CATALOG", help="The catalogue: movies or audio.", autocompletion=lambda: ["movies", "audio"]
        ),
    ],
    item: Annotated[str, typer.Argument(metavar="ITEM", help="A title as the store has it, or an id.")],
    k: Annotated[int, typer.Option("-k", help="How many.")] = 10,
    space: Annotated[str | None, typer.Option(help="The space to compare in.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Show the items most like one item."""

    def work() -> None:
        from recstore.cli.similar import print_similar

        print_similar(store, catalog, item, k, space, form, output, untrusted)

    run_command(work, timeout, untrusted)


@app.command(epilog='Example: recstore sql movies.duckdb "FROM similar_movies(1, k := 3)" --format csv')
def sql(
    store: Store,
    statement: Annotated[str, typer.Argument(metavar="SQL", help="One or more statements; - reads them from stdin.")],
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Run SQL on a store and print the rows of the last statement."""

    def work() -> None:
        from recstore import connect
        from recstore.cli.output import write_result
        from recstore.text import decoded

        with connect(store, untrusted=untrusted) as connection:
            text = decoded(sys.stdin.buffer.read(), "What comes from stdin") if statement == "-" else statement
            write_result(connection, text, form, output)

    run_command(work, timeout, untrusted)


@app.command(epilog="Example: recstore attach-sql movies.duckdb --alias rec > rec.sql")
def attach_sql(
    store: Store,
    alias: Annotated[str, typer.Option(help="The name that the functions will stand under.")] = "rec",
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Print a SQL script that brings the store into any DuckDB session: save it, then .read it there."""

    def work() -> None:
        from recstore.connection.sessions import attach_script

        print_data(attach_script(store, alias, untrusted=untrusted))

    run_command(work, timeout, untrusted)


@app.command(epilog="Example: recstore export-audio-json music.duckdb clips.json")
def export_audio_json(
    store: Store,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file to write.")],
    untrusted: Untrusted = False,
    timeout: Timeout = None,
) -> None:
    """Write the trimmed audio clips as JSON: video id, start, end, labels and the 10 x 128 bytes."""

    def work() -> None:
        from recstore.reports.export import export_audio_json as export

        say(f"{export(store, target, untrusted=untrusted):,} clips written to {target}.")

    run_command(work, timeout, untrusted)


def _with_sequence(audio_space: str) -> bool:
    if audio_space not in ("mean", "sequence"):
        from recstore.errors import OptionError

        raise OptionError(f"--audio-space is mean or sequence, not {audio_space!r}.")
    return audio_space == "sequence"


def main() -> None:
    """Run the command line."""
    run_app(app)
