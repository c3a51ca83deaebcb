"""Feeds the loaders generated files and checks that each line is accounted for: loaded or rejected, none lost.

    python benchmarks/fuzz.py --count 100000 --seed 0 [csv] [dat] [json] [records]

counts rows, clips or damaged records, and ends at the first file that breaks a promise, which it prints. A crash, a
hang, or an exception that is none of recstore's own is a broken promise too.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import random
import struct
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
from recstore.loaders.audioset_records import import_tensorflow

from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import get_loader

SECONDS = 10
#: Fields of records, and values that they may not have.
WRONG_FIELDS: list[tuple[str, object]] = [
    *[(name, None) for name in ("video_id", "start_time_seconds", "end_time_seconds", "labels", "audio_embedding")],
    *[(name, []) for name in ("video_id", "start_time_seconds", "end_time_seconds", "labels")],
    ("video_id", [b""]), ("video_id", [b"a\xff"]), ("video_id", [1]), ("video_id", [b"a", b"b"]),
    ("start_time_seconds", [b"0"]),
    ("start_time_seconds", [0.0, 0.0]), ("labels", [b"Music"]), ("labels", [0.0]), ("labels", [-1]), ("labels", [2]),
    ("labels", [0, 2**62]), ("start_time_seconds", [1]),
    *[("start_time_seconds", [value]) for value in (float("nan"), float("inf"), -float("inf"), -1.0, 1e30)],
    *[("end_time_seconds", [value]) for value in (float("nan"), float("inf"), -1.0, 1e30)],
]  # fmt: skip
#: Longer than any file of this size may take.
HANG = 600
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
        self.connection.execute(render_tables(to_be_stored(())))
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
        self.connection.execute(render_tables(to_be_stored(())))
        self.loader = get_loader("audioset")
        (folder / "class_labels_indices.csv").write_text(self.LABELS)

    def check(self, source: Source) -> None:
        """Load a source: each record is to be accounted for, the sound ones loaded, and those at fault not."""
        (self.folder / source.name).write_bytes(source.content)
        for table in ("audio_labels", "audio_clips", "audio_frames", "load_rejects"):
            self.connection.execute(f"DELETE FROM {table}")
        options = BuildOptions(music_filter="name")
        try:
            report = self.loader.load(self.connection, str(self.folder / source.name), options, Progress())
        except SourceError as error:
            if source.sound:
                raise self._broken(source, str(error)) from error
            return
        except Exception as error:
            raise self._broken(source, f"{type(error).__name__}: {error}") from error
        ask = self.connection.execute
        loaded = {
            video
            for (video,) in ask("SELECT video_id FROM audio_clips SEMI JOIN audio_frames USING (clip_id)").fetchall()
        }
        rows, frames, rejects = ask(
            "SELECT (SELECT count(*) FROM audio_clips), (SELECT count(*) FROM audio_frames), "
            "(SELECT count(*) FROM load_rejects)"
        ).fetchall()[0]
        if missing := source.sound - loaded:
            raise self._broken(source, f"{missing} are sound and were not loaded")
        if taken := source.wrong & loaded:
            raise self._broken(source, f"{taken} are at fault and were loaded")
        if (report.rows, report.rows, report.rejects) != (rows, frames, rejects):
            raise self._broken(source, f"{report}, and there are {rows} clips, {frames} frames, {rejects} rejects")
        if source.records is not None and report.lines != source.records:
            raise self._broken(source, f"{report} of {source.records} records")

    def _broken(self, source: Source, text: str) -> BrokenPromise:
        kept = Path(tempfile.gettempdir()) / f"broken-{source.name}"
        kept.write_bytes(source.content)
        return BrokenPromise(f"{text}: see {kept}")


def json_files(draw: random.Random) -> Iterator[Source]:
    """Give exports of clips of which some values are not what they should be, and some files are damaged."""
    wrong = [
        None, "", "x", -1, 1.5, 1e9, [], [[]], [[1]], [[300] * 128], [[0.5] * 128] * 10, [[1] * 128] * 9 + [[-1] * 128],
        [["1"] * 128] * 10, [[True] * 128] * 10, {}, ["Music", None], ["Musik"], [[["Music"]]], True, "\x00", 10**30,
        [None], float("nan"), float("inf"), float("-inf"),
    ]  # fmt: skip
    names = ["video_id", "start_seconds", "end_seconds", "labels", "split", "frames"]
    while True:
        clips: list[object] = []
        sound = set()
        for number in range(draw.randint(1, 8)):
            frames = [[number] * 128] * draw.choice([9, 10, 11])
            clip = dict(zip(names, [f"v{number}", 0.0, 10.0, ["Music"], "train", frames], strict=True))
            if draw.random() < 0.3:
                clip[draw.choice([*names, "more"])] = draw.choice(wrong)
                if draw.random() < 0.3:
                    del clip[draw.choice(names)]
            elif len(frames) >= SECONDS:
                sound.add(f"v{number}")
            clips.append(clip)
        content = json.dumps(clips).encode()
        count: int | None = len(clips)
        if draw.random() < 0.2:
            # (Of a file that is no JSON no clip is promised.)
            place = draw.randrange(len(content))
            content = content[:place] + draw.randbytes(draw.randint(0, 2)) + content[place + draw.randint(0, 2) :]
            count, sound = None, set()
        yield Source("clips.json", content, len(clips), count, sound)


@dataclass
class Source:
    """A file to load: how many of its records count, how many are to be accounted for (if known), which are sound."""

    name: str
    content: bytes
    counted: int
    records: int | None
    sound: set[str]
    wrong: set[str] = field(default_factory=set)


def record_files(draw: random.Random) -> Iterator[Source]:
    """Give archives of record files: some are sound, some hold records at fault, and the bytes of some are damaged.

    All sound records before the first damaged byte of a file are to be there, and none that is at fault. What counts
    are the records at fault, and one for each file whose bytes are damaged.
    """
    made = RecordMaker(draw)
    while True:
        packed = io.BytesIO()
        source = Source("features.tar", b"", 0, 0, set())
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for number in range(made.FILES):
                made.write(archive, source, f"{draw.choice(['train', 'eval'])}/{number}.tfrecord", number)
        source.content = packed.getvalue()
        yield source


class RecordMaker:
    """Makes record files, sound and damaged."""

    FILES, RECORDS = 10, 120

    def __init__(self, draw: random.Random) -> None:
        """Import TensorFlow, whose own classes make the records."""
        self.tf, self.draw = import_tensorflow(), draw

    def write(self, archive: tarfile.TarFile, source: Source, name: str, number: int) -> None:
        """Put one file into an archive, and note in `source` what is to become of it."""
        kind = self.draw.choice(["sound", "records", "records", "bytes"])
        records, videos = [], []
        for record in range(self.RECORDS):
            # Long and random: damage to one record must not give it the id of another.
            video = f"{number}-{record}-{self.draw.randbytes(8).hex()}"
            videos.append(video)
            is_wrong = kind == "records" and self.draw.random() < 0.9
            content, fault = self._wrong(video) if is_wrong else (self._record(video), False)
            records.append(content)
            source.counted += is_wrong
            # Damage of which nobody knows whether it is a fault: the record is loaded or rejected.
            if fault is not None:
                (source.wrong if fault else source.sound).add(video)
        content = self._framed(records)
        if kind == "bytes":
            content, place = self._damaged(content)
            whole = sum(end <= place for end in np.cumsum([16 + len(record) for record in records]))
            source.sound.difference_update(videos[whole:])
            source.counted += 1
            source.records = None
        elif source.records is not None:
            source.records += self.RECORDS
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    def _framed(self, records: list[bytes]) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            with self.tf.io.TFRecordWriter(file.name) as writer:
                for record in records:
                    writer.write(record)
            return Path(file.name).read_bytes()

    def _damaged(self, content: bytes) -> tuple[bytes, int]:
        """Return a file with some bytes damaged, and the place of the first."""
        draw = self.draw
        place = draw.randrange(len(content))
        match draw.randrange(6):
            case 0:  # cut short
                return content[:place], place
            case 1:  # one bit
                return content[:place] + bytes([content[place] ^ (1 << draw.randrange(8))]) + content[
                    place + 1 :
                ], place
            case 2:  # bytes lost
                return content[:place] + content[place + draw.randint(1, 3000) :], place
            case 3:  # bytes added
                return content[:place] + draw.randbytes(draw.randint(1, 3000)) + content[place:], place
            case 4:  # zeros, as of a block that was never written
                return content[:place] + bytes(len(content[place : place + 4096])) + content[place + 4096 :], place
        # a huge length, whose own checksum is right
        begins = self._begin(content, place)
        length = struct.pack("<Q", draw.choice([2**63 - 1, 2**64 - 1, 2**40, 2**31, len(content), 0]))
        return content[:begins] + length + masked(length) + content[begins + 12 :], begins

    @staticmethod
    def _begin(content: bytes, place: int) -> int:
        begins = 0
        while True:
            end = begins + 16 + struct.unpack("<Q", content[begins : begins + 8])[0]
            if end > place:
                return begins
            begins = end

    def _record(self, video: str, **changed: object) -> bytes:
        """Return a record with some of its fields changed; None leaves one out."""
        train = self.tf.train
        fields: dict[str, object] = {
            "video_id": [video.encode()], "start_time_seconds": [0.0], "end_time_seconds": [10.0], "labels": [0],
        }  # fmt: skip
        frames = changed.pop("audio_embedding", [bytes([len(video)]) * 128] * SECONDS)
        fields |= changed
        context = {name: self._feature(values) for name, values in fields.items() if values is not None}
        lists = {}
        if frames is not None:
            embedding = [self._feature([frame]) for frame in frames]  # type: ignore[attr-defined]
            lists["audio_embedding"] = train.FeatureList(feature=embedding)
        example = train.SequenceExample(
            context=train.Features(feature=context), feature_lists=train.FeatureLists(feature_list=lists)
        )
        written: bytes = example.SerializeToString()
        return written

    def _feature(self, values: object) -> object:
        train = self.tf.train
        assert isinstance(values, list)
        if all(isinstance(value, bytes) for value in values):
            return train.Feature(bytes_list=train.BytesList(value=values))
        if all(isinstance(value, float) for value in values):
            return train.Feature(float_list=train.FloatList(value=values))
        return train.Feature(int64_list=train.Int64List(value=values))

    def _wrong(self, video: str) -> tuple[bytes, bool | None]:
        """Return a record that is damaged, and whether it is certainly at fault (None: nobody knows)."""
        draw = self.draw
        sound = self._record(video)
        place = draw.randrange(len(sound))
        match draw.randrange(3):
            case 0:  # a field is missing, empty, of another type, or holds what it may not
                name, values = draw.choice(WRONG_FIELDS)
                return self._record(video, **{name: values}), True
            case 1:  # frames of a wrong length, or of another type
                frames: list[object] = [bytes(128)] * SECONDS
                frames[place % SECONDS] = draw.choice([b"", bytes(127), bytes(129), bytes(100_000), 1, 1.5])
                return self._record(video, audio_embedding=frames), True
        garbled = [
            draw.randbytes(draw.randint(0, 2000)),
            sound[:place],
            sound[:place] + b"\xff\xff\xff\xff\x7f" + sound[place + 5 :],  # a length that promises more than there is
            sound[:place] + draw.randbytes(draw.randint(1, 20)) + sound[place + draw.randint(0, 20) :],
            sound[:place] + bytes([sound[place] ^ (1 << draw.randrange(8))]) + sound[place + 1 :],
            sound + sound[place:],
        ]
        return draw.choice(garbled), None


def masked(content: bytes) -> bytes:
    """Return the checksum of a few bytes as record files have it: CRC-32C, turned and offset."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def runs(kind: str, folder: Path, draw: random.Random) -> Iterator[int]:
    """Check file after file without end, and give how many of its rows, clips or records count."""
    if kind in ("csv", "dat"):
        fuzz = Fuzz(folder)
        for name, content, rows, sound in files(kind, draw):
            fuzz.check(name, content, sound)
            yield rows
    else:
        audio = AudioFuzz(folder)
        for source in {"json": json_files, "records": record_files}[kind](draw):
            audio.check(source)
            yield source.counted


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
