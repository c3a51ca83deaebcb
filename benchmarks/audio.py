"""Measures the audio half: how fast its records are read, and how well its spaces find clips of the same label.

    python benchmarks/audio.py [--data FOLDER] [--part reading] [--part retrieval]

FOLDER holds AudioSet's features.tar.gz, class_labels_indices.csv and ontology.json. Reading is timed without the start
of the process and the import of TensorFlow, which are stated.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from measuring import GB, in_own_process, row, say

RETRIEVAL = """
    WITH clips AS (
        SELECT clip_id, list_intersect(labels, $wanted) AS labels FROM audio_clips
    ), asked AS (FROM clips WHERE len(labels) > 0)
    SELECT avg(CAST(len(list_intersect(a.labels, c.labels)) > 0 AS INTEGER))
    FROM asked AS a, similar_audio(a.clip_id, k := 10, space := $space) AS s
    JOIN clips AS c ON c.clip_id = s.clip_id
"""
FILES = ("class_labels_indices.csv", "ontology.json")


def load(source: Path, scratch: Path) -> tuple[float, float, int, float]:
    """Return the seconds of TensorFlow's import and of the load into a table, the records, and the peak memory."""
    import duckdb

    from recstore.catalogs.registry import to_be_stored
    from recstore.catalogs.render import render_tables
    from recstore.options import BuildOptions
    from recstore.progress import Progress
    from recstore.sound.tensorflow_import import import_tensorflow
    from recstore.sources.loader import get_loader

    begun = time.perf_counter()
    import_tensorflow("This benchmark")
    imported = time.perf_counter() - begun
    file = scratch / "fresh.duckdb"
    with duckdb.connect(file) as con:
        con.execute(render_tables(to_be_stored(())))
        begun = time.perf_counter()
        report = get_loader("audioset").load(con, str(source), BuildOptions(), Progress())
        seconds = time.perf_counter() - begun
    file.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return imported, seconds, report.lines, peak


def notebook(folder: Path) -> tuple[float, int]:
    """Read as the notebook does: one data set over all files, each record parsed in Python."""
    from recstore.sound.tensorflow_import import import_tensorflow

    tf = import_tensorflow("This benchmark")
    begun = time.perf_counter()
    clips = []
    for record in tf.data.TFRecordDataset([str(path) for path in sorted(folder.rglob("*.tfrecord"))]):
        example = tf.train.SequenceExample.FromString(record.numpy())
        frames = example.feature_lists.feature_list["audio_embedding"].feature
        if len(frames) >= 10:
            labels = list(example.context.feature["labels"].int64_list.value)
            clips.append((labels, [list(frame.bytes_list.value[0]) for frame in frames[:10]]))
    return time.perf_counter() - begun, len(clips)


def repeated(archive: Path, target: Path, times: int) -> None:
    """Write an archive that holds the files of another one several times, under other names."""
    with tarfile.open(archive) as packed, tarfile.open(target, "w:gz", compresslevel=1) as out:
        members = [(entry, packed.extractfile(entry).read()) for entry in packed if entry.isfile()]
        for number in range(times):
            for entry, content in members:
                folder, _, name = entry.name.rpartition("/")
                copy = tarfile.TarInfo(f"{folder}/{number}-{name}")
                copy.size = len(content)
                out.addfile(copy, io.BytesIO(content))


def report_reading(data: Path, scratch: Path) -> None:
    """Part (a): from records to the table."""
    archive, unpacked = data / "features.tar.gz", scratch / "unpacked"
    unpacked.mkdir()
    with tarfile.open(archive) as packed:
        packed.extractall(unpacked, filter="data")
    for name in FILES:
        shutil.copy(data / name, unpacked)
        shutil.copy(data / name, scratch)
    in_own_process(repeated, archive, scratch / "ten.tar.gz", 10)
    say("(a) From AudioSet's records to the table")
    row("", "seconds", "clips/s", "peak memory; import of TensorFlow")
    for label, source in (
        ("unpacked files", unpacked),
        ("the archive", archive),
        ("the archive's files ten times in one", scratch / "ten.tar.gz"),
    ):
        imported, seconds, records, peak = min(
            (in_own_process(load, source, scratch) for _ in range(2)), key=lambda found: found[1]
        )
        row(f"  {label}", f"{seconds:.2f}", f"{records / seconds:,.0f}", f"{peak / GB:.2f} GB; {imported:.1f} s")
    seconds, clips = in_own_process(notebook, unpacked)
    row("  the notebook's loop over the unpacked files", f"{seconds:.2f}", f"{clips / seconds:,.0f}")


def retrieval(store: Path, space: str) -> float:
    """Return the Precision@10 of the labels, by the protocol of docs/benchmarks.md."""
    import duckdb

    with duckdb.connect(str(store), read_only=True) as con:
        music = {name for (name,) in con.execute("SELECT name FROM audio_labels WHERE is_music").fetchall()}
        wanted = sorted(music - {"Music", "Musical instrument"})
        return con.execute(RETRIEVAL, {"wanted": wanted, "space": space}).fetchall()[0][0]


def build(data: Path, store: Path) -> None:
    """Build the store with both spaces."""
    import recstore

    options = recstore.BuildOptions(audio_sequence=True)
    recstore.build(store, {"audioset": data / "features.tar.gz"}, options=options)


def report_retrieval(data: Path, scratch: Path) -> None:
    """Part (b): a hit is a clip that shares a label of music, Music and Musical instrument apart."""
    store = scratch / "audio.duckdb"
    in_own_process(build, data, store)
    say("(b) Label retrieval, Precision@10, from SQL")
    for space in ("mean", "sequence"):
        row(f"  {space}", f"{in_own_process(retrieval, store, space):.4f}")


def main() -> None:
    """Read the arguments and print the report."""
    parts = {"reading": report_reading, "retrieval": report_retrieval}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where AudioSet's features are")
    parser.add_argument("--part", choices=parts, action="append", help="only this part")
    arguments = parser.parse_args()
    data = arguments.data
    if data is None and "RECSTORE_TEST_DATA" in os.environ:
        data = Path(os.environ["RECSTORE_TEST_DATA"], "audioset")
    if data is None or not (data / "features.tar.gz").is_file():
        sys.exit("Pass the folder that holds AudioSet's features.tar.gz: --data FOLDER.")
    with tempfile.TemporaryDirectory(prefix="recstore-benchmark-") as scratch:
        for name in arguments.part or parts:
            folder = Path(scratch, name)
            folder.mkdir()
            parts[name](data, folder)


if __name__ == "__main__":
    main()
