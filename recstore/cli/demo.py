"""`recstore demo`: a store from generated data, something asked of it, and what to do next."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recstore import build, catalog_of, connect, vector_of_file, weights_wanted
from recstore.cli.console import say
from recstore.cli.output import write_result
from recstore.progress import Progress
from recstore.samples.audio import EXAMPLE_CLIP, write_audio_sample, write_sounds
from recstore.samples.movies import EXAMPLE_TITLE, write_sample
from recstore.text import one_line, pasted
from recstore.tools import scratch_folder


def run_demo(store: Path, progress: Progress) -> None:
    """Build the sample store at `store`, print similar movies and similar music, and end with the lines to paste."""
    with scratch_folder() as folder:
        movies, audio = folder / "movies", folder / "audio"
        write_sample(movies)
        write_audio_sample(audio)
        try:
            build(store, {"movielens": movies, "audioset": audio / "sample.json"}, progress=progress)
        finally:
            progress.stop()
    with connect(store) as connection:
        print(f"Movies like {EXAMPLE_TITLE} (the sample is invented):\n")
        write_result(
            connection,
            "SELECT rank, title, genres, n_ratings, score FROM similar_movies($title)",
            values={"title": EXAMPLE_TITLE},
        )
        clip = "SELECT array_to_string(labels, ', ') FROM audio_clips WHERE video_id = ?"
        labels = connection.execute(clip, [EXAMPLE_CLIP]).fetchall()[0][0]
        print(f"\nMusic like the clip {EXAMPLE_CLIP} ({labels}):\n")
        write_result(
            connection,
            "SELECT rank, video_id, labels, score FROM similar_audio($clip, k := 5)",
            values={"clip": EXAMPLE_CLIP},
        )
        _play(connection)
    print("\nThat is what is like it. What people choose next after it:")
    print(f"  FROM similar_movies('{EXAMPLE_TITLE}', space := 'together');")
    print("What somebody wants next who liked it and another:")
    print(f"  FROM recommend_for(['{EXAMPLE_TITLE}', …]);")
    print("\nThe real MovieLens data:")
    print("  recstore build movies.duckdb --movielens ml-latest-small")
    print(f"The same question in a DuckDB shell (duckdb {one_line(pasted(store))}):")
    print(f"  FROM similar_movies('{EXAMPLE_TITLE}');")


def _play(connection: duckdb.DuckDBPyConnection) -> None:
    """Ask with generated sounds what is like them, where the weights are there; else say what to fetch."""
    if wanted := weights_wanted():
        say(f"To ask with a sound file, such as recstore similar STORE audio --file song.mp3: {wanted}")
        return
    with scratch_folder() as folder:
        for name, path in write_sounds(folder).items():
            space, vector = vector_of_file(connection, catalog_of(connection, "audio"), path)
            print(f"\nMusic like {name}, a sound file that was generated (of invented clips):\n")
            write_result(
                connection,
                "SELECT rank, video_id, labels, score FROM nearest_audio($vector, k := 3, space := $space)",
                values={"vector": vector, "space": space},
            )
