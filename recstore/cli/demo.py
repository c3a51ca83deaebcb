"""`recstore demo`: a store from generated data, something asked of it, and what to do next."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from recstore import build, connect
from recstore.cli.console import say
from recstore.cli.output import write_result
from recstore.progress import Progress
from recstore.samples.audio import EXAMPLE_CLIP, write_audio_sample
from recstore.samples.movies import EXAMPLE_TITLE, write_sample
from recstore.text import pasted
from recstore.tools import scratch_folder


def run_demo(store: Path, progress: Progress) -> None:
    """Build the sample store at `store`, print similar movies and similar music, and end with the lines to paste."""
    with scratch_folder() as folder:
        movies, audio = folder / "movies", folder / "audio"
        write_sample(movies)
        sources = {"movielens": movies}
        if find_spec("tensorflow"):
            write_audio_sample(audio)
            sources["audioset"] = audio
        else:
            say("TensorFlow is not installed, so this shows movies only. For music: pip install 'recstore[audio]'")
        try:
            build(store, sources, progress=progress)
        finally:
            progress.stop()
    with connect(store) as connection:
        print(f"Movies like {EXAMPLE_TITLE} (the sample is invented):\n")
        write_result(
            connection,
            "SELECT rank, title, genres, n_ratings, score FROM similar_movies($title)",
            values={"title": EXAMPLE_TITLE},
        )
        if "audioset" in sources:
            clip = "SELECT array_to_string(labels, ', ') FROM audio_clips WHERE video_id = ?"
            labels = connection.execute(clip, [EXAMPLE_CLIP]).fetchall()[0][0]
            print(f"\nMusic like the clip {EXAMPLE_CLIP} ({labels}):\n")
            write_result(
                connection,
                "SELECT rank, video_id, labels, score FROM similar_audio($clip, k := 5)",
                values={"clip": EXAMPLE_CLIP},
            )
    print("\nThat is what is like it. What somebody wants next who liked it and another:")
    print(f"  FROM recommend_for(['{EXAMPLE_TITLE}', …]);")
    print("\nThe real MovieLens data:")
    print("  recstore build movies.duckdb --movielens ml-latest-small")
    print(f"The same question in a DuckDB shell (duckdb {pasted(store)}):")
    print(f"  FROM similar_movies('{EXAMPLE_TITLE}');")
