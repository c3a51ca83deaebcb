"""Feeds the loaders generated files and checks that each line is accounted for: loaded or rejected, none lost.

    python benchmarks/fuzz.py --count 100000 --seed 0 [csv] [dat] [json] [records]

counts rows, clips or records, and ends at the first file that breaks a promise, which it prints. A crash, a hang, or an
exception that is none of recstore's own is a broken promise too.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import random
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from recstore import functions
from recstore.errors import SourceError
from recstore.loader import get_loader
from recstore.options import BuildOptions
from recstore.progress import Progress

#: Longer than any file of this size may take.
HANG = 60
SOUND = {
    "movies.csv": "movieId,title,genres\n1,A (1995),Drama\n2,B (1996),\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,5\n",
    "movies.dat": "1::A (1995)::Drama\n2::B (1996)::Comedy\n",
    "ratings.dat": "1::1::4::5\n",
}
HEADERS = {
    "movies.csv": "movieId,title,genres",
    "ratings.csv": "userId,movieId,rating,timestamp",
    "tags.csv": "userId,movieId,tag,timestamp",
    "links.csv": "movieId,imdbId,tmdbId",
}
#: The text columns of each table, as one text of the row.
TEXTS = {
    "movies": "concat_ws('|', title, array_to_string(genres, '|'))",
    "ratings": "''",
    "tags": "tag",
    "links": "imdb_id",
}
PARTS = [
    "1", "2", "3", "99", "-1", "1.5", "4.0", "9", "nan", "", " ", "x", '"', '""', '","', "\\N", "NULL", "::", ",", "|",
    "é", "\ufffe", "\x00", "\r", "a\rb", "\u2028", "1e400", "99999999999", "'", "(1995)", ",,", '"a', 'b"', "\t",
    '"two\nlines"', '"\n\n"', "\x1a", "\x85",
]  # fmt: skip


class BrokenPromise(AssertionError):  # noqa: N818 - it says what happened
    """A line was lost, or the loader failed in a way that is not its own."""


class Fuzz:
    """One connection, into which file after file is loaded and accounted for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        self.connection.execute(functions.render_tables())
        self.loader = get_loader("movielens")

    def check(self, name: str, content: bytes, sound: int = 0) -> None:
        """Load `content` as the file `name` beside sound ones; `sound` of its lines are known to be good."""
        ending = name.rpartition(".")[2]
        for path in self.folder.iterdir():
            path.unlink()
        for other, text in SOUND.items():
            if other.endswith(ending):
                (self.folder / other).write_text(text)
        (self.folder / name).write_bytes(content)
        for table in (*TEXTS, "load_rejects"):
            self.connection.execute(f"DELETE FROM {table}")
        try:
            self.loader.load(self.connection, str(self.folder), BuildOptions(), Progress())
        except SourceError as error:
            if "no row that can be loaded" in str(error) and not sound:
                return
            raise BrokenPromise(f"{error}: {content!r}") from error
        except Exception as error:
            raise BrokenPromise(f"{type(error).__name__}: {error}: {content!r}") from error
        self._account(name, content, sound)

    def _account(self, name: str, content: bytes, sound: int) -> None:
        table = name.partition(".")[0]
        lines = split(content)
        rejects = self.connection.execute("SELECT line, raw FROM load_rejects WHERE source = ?", [name]).fetchall()
        texts = [text or "" for (text,) in self.connection.execute(f"SELECT {TEXTS[table]} FROM {table}").fetchall()]
        covered = sum(1 + continued(text) for text in texts) + sum(1 + continued(raw) for _, raw in rejects)
        given = sum(line != "" for line in lines[name in HEADERS :])
        if covered != given:
            raise BrokenPromise(f"{given} lines, and {covered} of them accounted for: {content!r}")
        if len(texts) < sound:
            raise BrokenPromise(f"{sound} sound lines, and {len(texts)} loaded: {content!r}")
        for number, raw in rejects:
            if "\n".join(lines[number - 1 : number + raw.count("\n")]) != raw:
                raise BrokenPromise(f"line {number} is not {raw!r}: {content!r}")


def split(content: bytes) -> list[str]:
    """Split a file into lines as an editor does: at line feeds, or at carriage returns where there is none."""
    text = content.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1].removesuffix("\r")]


def continued(text: str) -> int:
    """Count the lines that a text runs on over, blank ones left out; the last ends the field, and never is blank."""
    more = text.split("\n")[1:]
    return sum(line != "" for line in more[:-1]) + bool(more)


def files(kind: str, draw: random.Random) -> Iterator[tuple[str, bytes, int, int]]:
    """Give files without end: a name, the content, how many rows it has and how many of them are sound."""
    delimiter = {"csv": ",", "dat": "::"}[kind]
    while True:
        name = draw.choice([f"ratings.{kind}", f"tags.{kind}", f"movies.{kind}", *["links.csv"] * (kind == "csv")])
        rows, sound = [], 0
        for number in range(draw.randint(1, 40)):
            row = sound_row(name.partition(".")[0], number)
            if draw.random() < 0.4:
                rows.append(delimiter.join(spoil(row, draw)))
            else:
                rows.append(delimiter.join(row))
                sound += name[0] in "rt"
        if name in HEADERS:
            rows.insert(0, HEADERS[name])
        text = draw.choice(["\n", "\n", "\r\n"]).join(rows) + draw.choice(["", "\n", "\n"])
        content = text.encode()
        if name in HEADERS and draw.random() < 0.1:
            place = draw.randint(len(HEADERS[name]) + 2, max(len(HEADERS[name]) + 2, len(content)))
            content, sound = content[:place] + draw.randbytes(draw.randint(1, 3)) + content[place:], 0
        yield name, content, len(rows) - (name in HEADERS), sound


def sound_row(table: str, number: int) -> list[str]:
    """Return the fields of a row that can be loaded; pairs of a user and a movie do not come twice."""
    return {
        "ratings": [str(1000 + number), "1", "3.5", "7"],
        "tags": [str(1000 + number), "2", "slow", "7"],
        "movies": [str(1000 + number), f"Film {number} (2000)", "Drama|War"],
        "links": [str(1 + number % 2), "0114709", "862"],
    }[table]


def spoil(row: list[str], draw: random.Random) -> list[str]:
    """Change a row in one to three places."""
    row = list(row)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(row)) if row else 0
        match draw.randrange(5):
            case 0:
                row[place : place + 1] = []
            case 1:
                row.insert(place, draw.choice(PARTS))
            case 2:
                row[place : place + 1] = ["".join(draw.choices(PARTS, k=draw.randint(1, 3)))]
            case 3:
                row[place : place + 1] = [f'"{field}"' for field in row[place : place + 1]]
            case 4:
                row[place : place + 1] = [
                    field[:1] + draw.choice(PARTS) + field[1:] for field in row[place : place + 1]
                ]
    return row


class AudioFuzz:
    """The same for AudioSet's record files (made once, then damaged) and for clips as JSON."""

    LABELS = "index,mid,display_name\n0,/m/1,Music\n1,/m/2,Speech\n"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        self.connection.execute(functions.render_tables())
        self.loader = get_loader("audioset")
        (folder / "class_labels_indices.csv").write_text(self.LABELS)

    def check(self, name: str, content: bytes, clips: int, sound: int) -> None:
        """Load `content` as the file `name`; its `clips` are to be accounted for (if not 0), and `sound` loaded."""
        (self.folder / name).write_bytes(content)
        for table in ("audio_labels", "audio_clips", "audio_frames", "load_rejects"):
            self.connection.execute(f"DELETE FROM {table}")
        options = BuildOptions(music_filter="name")
        try:
            report = self.loader.load(self.connection, str(self.folder / name), options, Progress())
        except SourceError as error:
            if sound:
                raise BrokenPromise(f"{error}: {content[:2000]!r}") from error
            return
        except Exception as error:
            raise BrokenPromise(f"{type(error).__name__}: {error}: {content[:2000]!r}") from error
        loaded = self.connection.execute("SELECT count(*) FROM audio_frames").fetchall()[0][0]
        if loaded < sound or (clips and report.rows + report.rejects != clips):
            raise BrokenPromise(f"{clips} clips, {sound} sound; {loaded} loaded, {report}: {content[:2000]!r}")


def json_files(draw: random.Random) -> Iterator[tuple[str, bytes, int, int]]:
    """Give exports of clips of which some values are not what they should be, and some files are damaged."""
    wrong = [None, "", "x", -1, 1.5, [], [[]], [[1]], [[300] * 128], {}, ["Music", None], True, "\x00", 10**30, [None]]
    names = ["video_id", "start_seconds", "end_seconds", "labels", "split", "frames"]
    while True:
        clips: list[object] = []
        for number in range(draw.randint(1, 8)):
            frames = [[number] * 128] * draw.choice([9, 10, 11])
            clip = dict(zip(names, [f"v{number}", 0.0, 10.0, ["Music"], "train", frames], strict=True))
            if draw.random() < 0.3:
                clip[draw.choice([*names, "more"])] = draw.choice(wrong)
                if draw.random() < 0.3:
                    del clip[draw.choice(names)]
            clips.append(clip if draw.random() < 0.98 else draw.choice(wrong))
        content = json.dumps(clips).encode()
        count = len(clips)
        if draw.random() < 0.2:
            place = draw.randrange(len(content))
            content = content[:place] + draw.randbytes(draw.randint(0, 2)) + content[place + draw.randint(0, 2) :]
            count = 0
        # (One value of another type makes the file none of ours: no clip of it is promised.)
        yield "clips.json", content, count, 0


def record_files(draw: random.Random) -> Iterator[tuple[str, bytes, int, int]]:
    """Give archives of record files of which some are damaged; the clips of the others are to be there."""
    import tensorflow as tf

    def feature(**kind: object) -> object:
        return tf.train.Feature(**kind)

    with tempfile.TemporaryDirectory() as folder:
        made = []
        for number in range(6):
            path = Path(folder) / f"{number}.tfrecord"
            with tf.io.TFRecordWriter(str(path)) as writer:
                for clip in range(4):
                    video = tf.train.BytesList(value=[f"v{number}-{clip}".encode()])
                    context = {
                        "video_id": feature(bytes_list=video),
                        "start_time_seconds": feature(float_list=tf.train.FloatList(value=[0.0])),
                        "end_time_seconds": feature(float_list=tf.train.FloatList(value=[10.0])),
                        "labels": feature(int64_list=tf.train.Int64List(value=[0])),
                    }
                    frame = feature(bytes_list=tf.train.BytesList(value=[bytes([clip]) * 128]))
                    lists = {"audio_embedding": tf.train.FeatureList(feature=[frame] * 10)}
                    example = tf.train.SequenceExample(
                        context=tf.train.Features(feature=context),
                        feature_lists=tf.train.FeatureLists(feature_list=lists),
                    )
                    writer.write(example.SerializeToString())
            made.append(path.read_bytes())
    while True:
        packed = io.BytesIO()
        sound = 0
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for number, whole in enumerate(made):
                damaged = draw.random() < 0.4
                sound += 0 if damaged else 4
                content = whole
                if damaged:
                    place = draw.randrange(len(whole))
                    content = whole[:place] + draw.randbytes(draw.randint(0, 9)) + whole[place + draw.randint(1, 99) :]
                member = tarfile.TarInfo(f"x/train/{number}.tfrecord")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        yield "features.tar", packed.getvalue(), 0, sound


def runs(kind: str, folder: Path, draw: random.Random) -> Iterator[int]:
    """Check file after file without end, and give how many rows, clips or records each was made with."""
    if kind in ("csv", "dat"):
        fuzz = Fuzz(folder)
        for name, content, rows, sound in files(kind, draw):
            fuzz.check(name, content, sound)
            yield rows
    else:
        audio = AudioFuzz(folder)
        for name, content, clips, sound in {"json": json_files, "records": record_files}[kind](draw):
            audio.check(name, content, clips, sound)
            yield clips or 24


def main() -> None:
    """Run until `--count` rows, clips or records of each kind have been through a loader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=["csv", "dat"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for kind in options.kinds:
        begun, rows, loaded = time.perf_counter(), 0, 0
        with tempfile.TemporaryDirectory() as folder:
            faulthandler.dump_traceback_later(HANG, exit=True)
            for count in runs(kind, Path(folder), random.Random(options.seed)):
                faulthandler.dump_traceback_later(HANG, exit=True)
                rows += count
                loaded += 1
                if rows >= options.count:
                    break
            faulthandler.cancel_dump_traceback_later()
        print(f"{kind}: {rows:,} in {loaded:,} files, each accounted for, in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
