"""Generated clips for `fuzz.py`, as JSON and in whatever files `fuzz_records.py` makes, and what becomes of each."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from fuzz_lines import BrokenPromise

from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.errors import SourceError
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.sources.loader import get_loader

SECONDS = 10


@dataclass
class Source:
    """A file to load: how many of its records count, how many are to be accounted for (if known), which are sound."""

    name: str
    content: bytes
    counted: int
    records: int | None
    sound: set[str]
    wrong: set[str] = field(default_factory=set)


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
