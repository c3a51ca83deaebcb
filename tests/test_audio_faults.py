"""Faults of clips, labels and ontologies: each is told, counted once, and none is taken in."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import duckdb
import pytest
from conftest import need_tensorflow

from recstore import BuildOptions, RecstoreError, SourceError
from recstore.catalogs.registry import to_be_stored
from recstore.catalogs.render import render_tables
from recstore.progress import Progress
from recstore.sources.loader import get_loader

LABELS = 'index,mid,display_name\n0,/m/s,Speech\n1,/m/04rlf,Music\n2,/m/v,"Violin, fiddle"\n'
ONTOLOGY = [{"id": "/m/04rlf", "child_ids": ["/m/v"]}, {"id": "/m/v", "child_ids": []}]


def clip(video="video", **changed):
    made = {"video_id": video, "start_seconds": 0.0, "end_seconds": 10.0, "labels": ["Music"], "split": "eval"}
    return made | {"frames": [[number] * 128 for number in range(10)]} | changed


@pytest.fixture
def source(tmp_path):
    """Write clips with labels and an ontology beside them, each as bytes, text or values; return the path."""

    def write(clips, labels=LABELS, ontology=ONTOLOGY) -> Path:
        files = {"class_labels_indices.csv": labels, "ontology.json": ontology, "clips.json": clips}
        for name, content in files.items():
            text = content if isinstance(content, (str, bytes)) else json.dumps(content)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "clips.json"

    return write


def load(path, connection=None, **options):
    connection = connection or duckdb.connect()
    loader = get_loader("audioset")
    if not connection.execute("FROM duckdb_tables()").fetchall():
        connection.execute(render_tables(to_be_stored(())))
        loading = loader.load
    else:
        loading = loader.append_items
    report = loading(connection, str(path), BuildOptions(**options), Progress())
    counted = [connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
               for table in ("audio_clips", "audio_frames")]  # fmt: skip
    return connection, report, counted


def rejects(connection):
    return connection.execute("SELECT line, reason FROM load_rejects ORDER BY line").fetchall()


WRONG = [
    ({"frames": [[0.5] * 128] * 10}, "a byte that is no whole number from 0 to 255"),
    ({"frames": [[1] * 127 + [254.6]] * 10}, "a byte that is no whole number from 0 to 255"),
    ({"frames": [[256] * 128] * 10}, "a byte that is no whole number from 0 to 255"),
    ({"frames": [[-1] * 128] * 10}, "a byte that is no whole number from 0 to 255"),
    ({"frames": [[1] * 128] * 10 + [[-1] * 128]}, "a byte that is no whole number from 0 to 255"),
    ({"frames": [[1] * 127 + [float("nan")]] * 10}, "frames are no lists of numbers"),
    ({"frames": [["1"] * 128] * 10}, "frames are no lists of numbers"),
    ({"frames": [[True] * 128] * 10}, "frames are no lists of numbers"),
    ({"frames": [[None] * 128] * 10}, "a frame with a hole"),
    ({"frames": [[1] * 129] * 10}, "a frame that is not of 128 bytes"),
    ({"frames": [1] * 1280}, "a frame that is not of 128 bytes"),
    ({"frames": None}, "frames are missing"),
    ({"start_seconds": float("nan")}, "start_seconds is no time from 0 to 16777216 seconds"),
    ({"start_seconds": -1}, "start_seconds is no time from 0 to 16777216 seconds"),
    ({"start_seconds": 1e30, "end_seconds": 1e31}, "start_seconds is no time from 0 to 16777216 seconds"),
    ({"start_seconds": "0"}, "start_seconds is no number"),
    ({"end_seconds": float("inf")}, "end_seconds is no time from the start to 16777216 seconds"),
    ({"start_seconds": 20.0}, "end_seconds is no time from the start to 16777216 seconds"),
    ({"end_seconds": None}, "end_seconds is missing"),
    ({"video_id": ""}, "video_id is missing"),
    ({"video_id": 5}, "video_id is no text"),
    ({"labels": []}, "labels are missing"),
    ({"labels": "Music"}, "labels are no list of names"),
    ({"labels": ["Music", None]}, "labels is no list of names"),
    ({"labels": ["Music", 5]}, "labels are no list of names"),
    ({"labels": ["/m/04rlf"]}, "a label that is not in class_labels_indices.csv"),
    ({"split": 5}, "split is no text"),
]  # fmt: skip


def test_a_clip_at_fault_is_rejected_alone(source):
    clips = [
        clip("first"),
        *(clip(f"wrong{number}", **changed) for number, (changed, _) in enumerate(WRONG)),
        clip("last"),
    ]
    connection, report, counted = load(source(clips))
    assert rejects(connection) == [(number + 2, reason) for number, (_, reason) in enumerate(WRONG)]
    assert connection.execute("SELECT video_id FROM audio_clips").fetchall() == [("first",), ("last",)]
    assert [report.rows, report.rows, report.rejects, report.lines] == [*counted, len(WRONG), len(clips)]


def test_whole_numbers_may_be_written_as_they_like(source):
    frames = [[1.0, 2e1, 255] + [0] * 125] * 10
    connection, *_ = load(source([clip(frames=frames)]))
    assert connection.execute("SELECT frames[1:3] FROM audio_frames").fetchall() == [([1, 20, 255],)]


def test_each_record_is_counted_once(source):
    clips = [clip("a"), clip("b"), clip("a"), clip("short", frames=[[1] * 128] * 9), clip("talk", labels=["Speech"])]
    clips.append(clip("bad", start_seconds=-1))
    connection, report, counted = load(source(clips))
    assert (report.rows, report.passed, report.rejects, report.lines) == (2, 3, 1, 6)
    assert counted == [2, 2]
    # Once more, and nothing of it is new; one more clip, and it alone is.
    _, report, counted = load(source(clips[:-1]), connection)
    assert (report.rows, report.passed, report.rejects, counted) == (0, 5, 0, [2, 2])
    _, report, counted = load(source([*clips[:-1], clip("c", labels=[])]), connection)
    assert (report.rows, report.passed, report.rejects, counted) == (1, 5, 0, [3, 3])
    _, report, _ = load(source([]), connection)
    assert report.lines == 0


def test_where_no_clip_is_kept_it_is_said_why(source):
    with pytest.raises(SourceError, match=r"2 rejected \(clips.json line 1: a label that is not in .* \(2 such\)\)"):
        load(source([clip("a", labels=["/m/04rlf"]), clip("b", labels=["/m/v"])]))
    with pytest.raises(SourceError, match=r"1 are not the music asked for, 1 are shorter"):
        load(source([clip("a", labels=["Speech"]), clip("b", frames=[[1] * 128] * 9)]))


def test_a_byte_order_mark_is_no_matter_in_any_file(source):
    mark = b"\xef\xbb\xbf"
    path = source(mark + json.dumps([clip()]).encode(), mark + LABELS.encode(), mark + json.dumps(ONTOLOGY).encode())
    connection, _, counted = load(path)
    assert counted == [1, 1]
    names = connection.execute("SELECT name, is_music FROM audio_labels ORDER BY label_id").fetchall()
    assert names == [("Speech", False), ("Music", True), ("Violin, fiddle", True)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("index,mid,display_name\n0,/m/04rlf,Music\n1,/m/v,Violin, fiddle\n", "line 3: 4 fields, and 3 are expected"),
        ("index,mid,display_name\n0,/m/04rlf,Music\n1,/m/v\n", "line 3: 2 fields"),
        ("index,mid,display_name\n0,/m/04rlf,\n", "line 2: 3 fields"),
        ("index,mid,display_name\n0.0,/m/04rlf,Music\n", "'0.0' is no whole number"),
        ("index,mid,display_name\n0,/m/04rlf,Music\n0,/m/v,Violin\n", "does not number its labels"),
        ("index,mid,display_name\n0,/m/04rlf,Music\n2,/m/v,Violin\n", "does not number its labels"),
        ("index,mid,display_name\n0,/m/04rlf,Music\n1,/m/04rlf,Violin\n", "lists '/m/04rlf' twice"),
        ("index,mid,display_name\n0,/m/04rlf,Music\n1,/m/v,Music\n", "lists 'Music' twice"),
        ("index,mid,display_name\n", "does not number its labels"),
        ("", "not AudioSet's list of labels"),
        ("0,/m/04rlf,Music\n", "not AudioSet's list of labels"),
        ("index,display_name,mid\n0,Music,/m/04rlf\n", "not AudioSet's list of labels"),
        ("index;mid;display_name\n0;/m/04rlf;Music\n", "not AudioSet's list of labels"),
        ('index,mid,display_name\n0,/m/04rlf,"Music\n', "line 2: "),
        (LABELS.encode("utf-16"), "not AudioSet's list of labels .*UTF-8"),
        (LABELS.replace("Speech", "Caf\xe9").encode("latin-1"), "not AudioSet's list of labels .*UTF-8"),
        ("index,mid,display_name\n0,/m/x,Noise\n", "None of the 1 labels is music"),
    ],
)  # fmt: skip
def test_a_list_of_labels_that_is_no_good(source, labels, message):
    with pytest.raises(SourceError, match=message):
        load(source([clip()], labels))


@pytest.mark.parametrize(
    "ontology",
    [
        {"id": "/m/04rlf", "child_ids": []}, [], "[1]", "[", "[" * 100_000, [{"id": "/m/04rlf", "child_ids": None}],
        [{"id": "/m/04rlf", "child_ids": "/m/v"}], [{"id": "/m/04rlf", "child_ids": [1]}],
        [{"id": "/m/v", "child_ids": []}],
        [{"id": ["/m/04rlf"], "child_ids": []}], [{"id": "/m/04rlf"}], json.dumps(ONTOLOGY).encode("utf-16"),
    ],
)  # fmt: skip
def test_an_ontology_that_is_no_good(source, ontology):
    with pytest.raises(SourceError, match=r"ontology\.json is not the AudioSet ontology"):
        load(source([clip()], ontology=ontology))


@pytest.mark.parametrize(
    "content",
    [
        clip(), json.dumps(clip()) + "\n" + json.dumps(clip("b")), json.dumps([clip()])[:-1], [clip(), 5], [[clip()]],
        json.dumps([clip()]).encode("utf-16"), json.dumps([clip("x")]).replace('"x"', '"\xe9"').encode("latin-1"), "[1",
    ],
)  # fmt: skip
def test_a_file_that_is_no_export_is_refused(source, content):
    with pytest.raises(SourceError, match="is not an export of audio clips"):
        load(source(content))


@pytest.mark.parametrize(("kind", "count"), [("json", 60), ("records", 200)])
def test_generated_damage_is_accounted_for(benchmarks, kind, count, tmp_path, monkeypatch):
    need_tensorflow()
    import fuzz
    import fuzz_records

    monkeypatch.setattr(fuzz_records.RecordMaker, "FILES", 5)
    monkeypatch.setattr(fuzz_records.RecordMaker, "RECORDS", 24)
    for counted in fuzz.runs(kind, tmp_path, random.Random(1)):
        count -= counted
        if count <= 0:
            break


@pytest.mark.parametrize("length", [2**63 - 1, 2**64 - 1, 2**40, 0])
def test_a_length_beyond_all_bounds_is_damage(benchmarks, length, tmp_path):
    """TensorFlow believes a length whose checksum is right, and died of one for which there was no memory."""
    need_tensorflow()
    import fuzz_records

    made = fuzz_records.RecordMaker(random.Random(0))
    packed = struct.pack("<Q", length)
    begins = made._framed([made._record("sound")])
    (tmp_path / "a.tfrecord").write_bytes(begins + packed + fuzz_records.masked(packed) + b"x" * 100)
    (tmp_path / "class_labels_indices.csv").write_text("index,mid,display_name\n0,/m/04rlf,Music\n")
    connection, report, counted = load(tmp_path / "a.tfrecord", music_filter="name")
    assert (report.rows, report.rejects, counted) == (1, 1, [1, 1])
    assert rejects(connection) == [(2, "damaged from here on; 1 records of the file were read before")]


def test_an_empty_folder_is_an_error(source, tmp_path):
    source([])
    with pytest.raises(RecstoreError, match=r"holds no \.tfrecord file"):
        load(tmp_path)
