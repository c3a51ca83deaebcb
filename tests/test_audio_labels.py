"""What clips are judged to be: cross-fitted, brought into SQL, and explained."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pytest
import scipy.sparse
from pages import questions
from runner import run

import recstore
from recstore import BuildOptions, OptionError, export_json
from recstore.catalogs.audio.frames import StoredFrames
from recstore.models import audio_kernels
from recstore.models.audio_labels import judge, label_vectors
from recstore.samples.audio import write_audio_sample


@pytest.fixture(scope="module")
def con(audio_store):
    with duckdb.connect(str(audio_store), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def halves(once):
    """A source of generated clips of two splits; both are the same invented styles, in other clips."""

    def fill(folder):
        # The first half of the longer sample is the shorter one: of clips that come twice the first counts.
        both = []
        for split, clips in (("mine", 300), ("other", 600)):
            write_audio_sample(folder, clips=clips)
            made = [{**clip, "split": split} for clip in json.loads((folder / "sample.json").read_text())]
            (folder / f"{split}.json").write_text(json.dumps(made))
            both += made
        (folder / "both.json").write_text(json.dumps(both))

    return once("halves", fill)


def made_clips(n=500, seed=0):
    """Clips of four kinds, each with its own sound, and labels that follow it but for one in ten."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 4, n)
    sounds = rng.normal(0, 25, (4, 128))
    frames = np.clip(128 + sounds[kind][:, None] + rng.normal(0, 20, (n, 10, 128)), 0, 255).astype(np.uint8)
    told = np.where(rng.random(n) < 0.1, rng.integers(0, 4, n), kind)
    return frames.reshape(n, 1280), np.eye(4, dtype=np.float32)[told], kind


def judged(frames, labels, teachers=None, videos=None, seed=0):
    n = len(frames)
    center = frames.reshape(-1, 128).mean(axis=0)
    return judge(
        frames,
        scipy.sparse.csr_matrix(labels),
        np.ones(labels.shape[1], bool),
        np.arange(n) if videos is None else videos,
        np.ones(n, bool) if teachers is None else teachers,
        center,
        seed,
    )


@pytest.fixture
def few_landmarks(monkeypatch):
    """Landmarks for what holds with any number of them: to learn from those of a build takes seconds."""
    monkeypatch.setattr(audio_kernels, "_SECONDS", 200)
    monkeypatch.setattr(audio_kernels, "_CLIPS", 100)


def test_no_clip_is_judged_by_a_model_that_saw_its_labels(few_landmarks):
    frames, labels, _ = made_clips()
    # The clips 7, 8 and 9 are of one video: they are held out together.
    clips = np.arange(len(frames))
    videos = clips - np.clip(clips - 7, 0, 2)
    before = judged(frames, labels, videos=videos)
    for clip in (7, 8, 9):
        changed = labels.copy()
        changed[clip] = 1 - changed[clip]
        after = judged(frames, changed, videos=videos)
        same = np.abs(after.scores - before.scores).max(axis=1) == 0
        assert same[[7, 8, 9]].all()
        assert 3 <= same.sum() < 100, "all but its own fold learn from it"
        vectors = [label_vectors(found.scores, frames)[0][clip] for found in (before, after)]
        np.testing.assert_array_equal(*vectors)


def test_labels_are_found_again():
    frames, labels, kind = made_clips()
    found = judged(frames, labels)
    assert (found.scores.argmax(axis=1) == kind).mean() > 0.98
    likely = found.probabilities[(found.places == kind[found.rows])]
    assert len(likely) == len(frames)
    assert likely.mean() == pytest.approx(0.925, abs=0.03), "nine in ten, and a quarter of the tenth, have their own"


def test_the_same_clips_are_judged_the_same_again(few_landmarks):
    frames, labels, _ = made_clips()
    np.testing.assert_array_equal(judged(frames, labels).scores, judged(frames, labels).scores)


def test_clips_that_do_not_teach_are_judged_by_the_final_model(few_landmarks):
    frames, labels, _ = made_clips()
    teachers = np.arange(len(frames)) < 300
    found = judged(frames, labels, teachers)
    changed = labels.copy()
    changed[300:] = 0
    np.testing.assert_array_equal(found.scores, judged(frames, changed, teachers).scores)
    np.testing.assert_allclose(found.scores[300:], found.model.outputs(frames[300:])[:, :4], atol=1e-5)
    assert judged(frames, labels, np.arange(len(frames)) < 199) is None
    assert judged(frames, labels[:, :1]) is None


def test_trained_on_one_split_and_measured_on_the_other(few_landmarks, halves, tmp_path):
    store = tmp_path / "halves.duckdb"
    with pytest.raises(OptionError, match=r"split 'x' to learn from; there are: mine, other"):
        recstore.build(store, {"audioset": halves / "both.json"}, options=BuildOptions(audio_train_split="x"))
    recstore.build(store, {"audioset": halves / "both.json"}, options=BuildOptions(audio_train_split="mine"))
    with recstore.connect(store) as con:
        # What the build made of a clip that it did not learn from is what SQL makes of its bytes.
        rows = con.execute(
            "SELECT c.clip_id, v.space, v.vector, s.vector FROM (FROM audio_clips JOIN audio_frames USING (clip_id) "
            "WHERE split = 'other' ORDER BY clip_id LIMIT 20) AS c, (VALUES ('mean'), ('labels')) AS of(name), "
            "audio_vector(c.frames, space := of.name) AS v "
            "JOIN audio_vectors AS s ON s.clip_id = c.clip_id AND s.space = v.space"
        ).fetchall()
        assert len(rows) == 40
        for _clip, _space, in_sql, stored in rows:
            # Single precision in the one, double in the other.
            np.testing.assert_allclose(in_sql, stored, atol=1e-3)
            assert np.dot(in_sql, stored) > 0.99999
        vector = (
            "(SELECT vector FROM audio_vector((SELECT frames FROM audio_frames WHERE clip_id = 3), space := 'labels'))"
        )
        found = con.execute(f"SELECT clip_id FROM nearest_audio({vector}, k := 1, space := 'labels')").fetchall()
        assert found == [(3,)]
    evaluations = [row for row in recstore.evaluate(store).evaluations if row.metric == "precision@10"]
    held_out = {row.model: row for row in evaluations if row.protocol == "label-retrieval-held-out"}
    assert set(held_out) == {"labels", "mean"}
    assert held_out["labels"].is_default
    assert held_out["labels"].value > 0.99


def test_clips_without_labels_are_placed_by_what_the_others_teach(few_landmarks, halves, tmp_path):
    store, other, clips = tmp_path / "store.duckdb", tmp_path / "other.duckdb", tmp_path / "clips.json"
    recstore.build(store, {"audioset": halves / "mine.json"})
    recstore.build(other, {"audioset": halves / "other.json"})
    export_json(other, "audio", clips)
    had = {clip["video_id"]: set(clip["labels"]) for clip in json.loads(clips.read_text())}
    clips.write_text(json.dumps([{**clip, "labels": []} for clip in json.loads(clips.read_text())]))
    code, said = run("add", store, "--audioset", clips, "--quiet")
    assert code == 0, said
    with recstore.connect(store) as con:
        predicted = con.execute(
            "SELECT video_id, arg_max(name, probability) FROM audio_predictions JOIN audio_clips USING (clip_id) "
            "JOIN audio_labels USING (label_id) WHERE len(labels) = 0 GROUP BY video_id"
        ).fetchall()
        assert len(predicted) == 300
        assert sum(name in had[video] for video, name in predicted) > 0.95 * 300
        video, name = predicted[0]
        spaces_and_labels = con.execute("SELECT space, labels FROM similar_audio(?)", [video]).fetchall()
    assert {space for space, _labels in spaces_and_labels} == {"labels"}
    near = [labels for _space, labels in spaces_and_labels if labels]
    assert sum(name in labels for labels in near) > 0.9 * len(near)
    assert [finding for finding in recstore.check(store) if finding.fault] == []


def test_too_few_clips_are_said_and_left_out(tmp_path):
    write_audio_sample(tmp_path / "few", clips=60)
    recstore.build(tmp_path / "few.duckdb", {"audioset": tmp_path / "few" / "sample.json"})
    with recstore.connect(tmp_path / "few.duckdb") as con:
        assert con.execute("SELECT space, is_default FROM spaces").fetchall() == [("mean", True)]
        assert con.execute("SELECT DISTINCT space FROM similar_audio(1)").fetchall() == [("mean",)]
        clip = "(SELECT frames FROM audio_frames WHERE clip_id = 1)"
        assert con.execute(f"SELECT space, len(vector) FROM audio_vector({clip})").fetchall() == [("mean", 128)]
        with pytest.raises(duckdb.Error, match="no space 'labels'; space must be one of: mean"):
            con.execute(f"FROM audio_vector({clip}, space := 'labels')")


def test_predictions_are_as_likely_as_they_say(con):
    """Between a fifth and nine tenths; the ridge says a little too much below, and too little above."""
    query = """
        SELECT least(floor(p.probability * 5), 4) AS fifth, avg(p.probability) AS said,
            avg(CAST(list_contains(c.labels, l.name) AS INTEGER)) AS had, count(*) AS n
        FROM audio_predictions AS p JOIN audio_clips AS c USING (clip_id) JOIN audio_labels AS l USING (label_id)
        WHERE p.probability >= 0.2 GROUP BY 1 ORDER BY 1
    """
    for _fifth, said, had, n in con.execute(query).fetchall():
        assert n > 500
        assert had == pytest.approx(said, abs=0.08)
    assert con.execute(
        "SELECT max(n), min(least) FROM (SELECT count(*) AS n, min(probability) AS least FROM audio_predictions "
        "GROUP BY clip_id)"
    ).fetchall()[0] == (10, pytest.approx(0.1, abs=1e-3))


def test_why_audio(con, audio_store):
    for space, rank in (("labels", 1), ("labels", 17), ("mean", 3), ("sequence", 50)):
        other, score = con.execute(
            "SELECT neighbor_id, score FROM audio_neighbors WHERE clip_id = 42 AND space = ? AND rank = ?",
            [space, rank],
        ).fetchall()[0]
        found = con.execute(
            "SELECT clip_a, clip_b, shared_labels, shared_predictions, scores[$s], ranks[$s] FROM why_audio(42, $o)",
            {"s": space, "o": other},
        ).fetchall()
        labels = [
            set(con.execute("SELECT labels FROM audio_clips WHERE clip_id = ?", [clip]).fetchall()[0][0])
            for clip in (42, other)
        ]
        predicted = [
            dict(con.execute("SELECT name, probability FROM audio_predictions JOIN audio_labels USING (label_id) "
                             "WHERE clip_id = ?", [clip]).fetchall())
            for clip in (42, other)
        ]  # fmt: skip
        assert len(found) == 1
        assert found[0][:2] == (42, other)
        assert set(found[0][2]) == labels[0] & labels[1]
        assert {row["label"]: (row["probability_a"], row["probability_b"]) for row in found[0][3]} == {
            name: (predicted[0][name], predicted[1][name]) for name in predicted[0] if name in predicted[1]
        }
        assert found[0][4:] == (score, rank)
    videos = con.execute("SELECT list(video_id ORDER BY clip_id) FROM audio_clips WHERE clip_id IN (1, 2)").fetchall()
    by_id = con.execute("FROM why_audio(1, 2)").fetchall()
    assert con.execute("FROM why_audio(?, ?)", videos[0][0]).fetchall() == by_id
    assert (
        con.execute("FROM why_audio(1, NULL)").fetchall() == con.execute("FROM why_audio(1, 'none')").fetchall() == []
    )
    assert con.execute("SELECT ranks FROM why_audio(1, 1)").fetchall() == [(None,)]
    each = con.execute("SELECT w.* FROM (VALUES (1), (2)) AS a(x), why_audio(a.x, 3 - a.x) AS w ORDER BY 1").fetchall()
    assert each[0] == by_id[0]
    assert len(each) == 2
    with duckdb.connect() as other:
        other.execute(f"ATTACH '{audio_store}' AS rec (READ_ONLY)")
        assert other.execute("FROM rec.why_audio(1, 2, store := 'rec')").fetchall() == by_id


def test_the_sql_of_the_page_on_clips(con):
    # Those that ask with a file: test_sound_questions.py.
    statements = [statement for statement in questions("audio.md") if "embed_audio" not in statement]
    assert len(statements) == 2
    for statement in statements:
        assert con.execute(statement).fetchall(), statement


def test_frames_are_read_some_at_a_time_in_any_order(monkeypatch):
    monkeypatch.setattr("recstore.catalogs.audio.frames._CLIPS", 7)
    random = np.random.default_rng(0)
    every = random.integers(0, 256, (40, 1280), np.uint8)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE audio_frames (clip_id INTEGER, frames UTINYINT[])")
        # Ids with gaps; the rows lie in any order.
        for place in random.permutation(40).tolist():
            con.execute("INSERT INTO audio_frames VALUES (?, ?)", [3 * place, every[place].tolist()])
        stored = StoredFrames(con)
        assert (stored.ids == 3 * np.arange(40)).all()
        assert (len(stored), stored[:].shape, stored[3:3].shape) == (40, (40, 1280), (0, 1280))
        for some in (slice(5, 30), slice(37, 49), random.permutation(40), np.sort(random.choice(40, 9))):
            assert (stored[some] == every[some]).all()
