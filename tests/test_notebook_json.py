"""The original notebook's `music_set.json`: a JSON string that holds a list of clips as Python writes it."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recstore
from recstore import BuildOptions, SourceError
from recstore.samples.audio import write_audio_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The lists of labels, and clips with them as the notebook has them."""
    folder = tmp_path_factory.mktemp("notebook")
    write_audio_sample(folder, clips=30)
    names = [
        line.split(",", 2)[2].strip('"') for line in (folder / "class_labels_indices.csv").read_text().splitlines()
    ][1:]
    clips = [
        {
            "label": [names.index(label) for label in clip["labels"]],
            "video_id": clip["video_id"].encode() if number % 2 else clip["video_id"],
            "start_time": [float(clip["start_seconds"])],
            "end_time": [float(clip["end_seconds"])],
            "data": [byte for second in clip["frames"] for byte in second],
        }
        for number, clip in enumerate(json.loads((folder / "sample.json").read_text()))
    ]
    return folder, clips


def built(folder, text, store, **options):
    (folder / "music_set.json").write_text(json.dumps(text))
    source = {"audioset": folder / "music_set.json"}
    recstore.build(store, source, options=BuildOptions(**options))
    with duckdb.connect(str(store), read_only=True) as con:
        clips = con.execute("SELECT * EXCLUDE (clip_id, split) FROM audio_clips ORDER BY video_id").fetchall()
        frames = con.execute(
            "SELECT frames FROM audio_frames JOIN audio_clips USING (clip_id) ORDER BY video_id"
        ).fetchall()
        return clips, frames, con.execute("SELECT line, reason FROM load_rejects ORDER BY line").fetchall()


def test_it_gives_the_clips_that_an_export_gives(sample, tmp_path):
    folder, clips = sample
    recstore.build(tmp_path / "export.duckdb", {"audioset": folder / "sample.json"})
    with duckdb.connect(str(tmp_path / "export.duckdb"), read_only=True) as con:
        expected = con.execute("SELECT * EXCLUDE (clip_id, split) FROM audio_clips ORDER BY video_id").fetchall()
        frames = con.execute(
            "SELECT frames FROM audio_frames JOIN audio_clips USING (clip_id) ORDER BY video_id"
        ).fetchall()
    assert built(folder, str(clips), tmp_path / "store.duckdb") == (expected, frames, [])
    assert len(expected) == 30


def test_what_is_wrong_with_a_clip_is_told(sample, tmp_path):
    folder, clips = sample
    good = clips[:6]
    faulty = {
        "not a clip as Python writes it": "{'video_id': __import__('os').abort()}",
        "video_id is not valid UTF-8": str({**clips[7], "video_id": b"\xff"}),
        "video_id is missing": str({key: value for key, value in clips[8].items() if key != "video_id"}),
        "labels are missing": str({**clips[9], "label": []}),
        "a label that is not in class_labels_indices.csv": str({**clips[10], "label": [1, 999]}),
        "a frame that is not of 128 bytes": str({**clips[11], "data": clips[11]["data"][:-1]}),
        "a byte that is no whole number from 0 to 255": str({**clips[12], "data": [300] * 1280}),
        "start_seconds is missing": str({**clips[13], "start_time": None}),
        "a value that is neither a number, a text nor a list of them": str({**clips[14], "data": {1, 2}}),
    }
    text = f"[{', '.join([*map(str, good), *faulty.values()])}]"
    found, _frames, rejects = built(folder, text, tmp_path / "store.duckdb", max_reject_rate=1.0)
    assert len(found) == 6
    assert rejects == [(7 + number, reason) for number, reason in enumerate(faulty)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('"no list"', "it is a text, and no list of clips"),
        ('"[{1: 2}, "', "cut short"),
        ('"[{', "not an export of audio clips"),
        ('"[]"', "gave no clip of music"),
        ('"' + "[" * 100_000 + '"', "cut short|gave no clip"),
    ],
)
def test_what_is_no_list_of_clips(sample, tmp_path, content, said):
    folder, _clips = sample
    (folder / "music_set.json").write_text(content)
    with pytest.raises(SourceError, match=said):
        recstore.build(tmp_path / "store.duckdb", {"audioset": folder / "music_set.json"})


@given(st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=4)), max_size=5))
@settings(max_examples=30, deadline=None)
def test_clips_are_told_apart_whatever_their_texts_hold(tmp_path_factory, values):
    from recstore.sources.loader import get_loader

    module = __import__(get_loader("audioset").__module__.rpartition(".")[0], fromlist=["audioset_notebook"])
    notebook = __import__(f"{module.__name__}.audioset_notebook", fromlist=["_clips"])
    path = tmp_path_factory.mktemp("texts") / "set.json"
    clips = [{"video_id": text, "label": [1], "data": list(raw), "other": raw} for text, raw in values]
    path.write_text(json.dumps(str(clips)))
    notebook.write_as_export(path, path.with_suffix(".out"), ["a", "b"])
    assert [clip["video_id"] for clip in json.loads(path.with_suffix(".out").read_text())] == [
        text for text, _raw in values
    ]
    assert np.array([clip["labels"] == ["b"] for clip in json.loads(path.with_suffix(".out").read_text())]).all()
