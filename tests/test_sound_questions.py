"""What is like a sound file: asked from Python, SQL and the command line; own music beside AudioSet's."""

from __future__ import annotations

import json
import re
import shlex
import shutil

import duckdb
import numpy as np
import pages
import pytest
from conftest import need_tensorflow
from runner import ask, run
from sounds import sound, tag

import recstore
from recstore.cli.demo import run_demo
from recstore.progress import Progress
from recstore.samples.audio import write_audio_sample

need_tensorflow()
sf = pytest.importorskip("soundfile")
pytestmark = pytest.mark.usefixtures("vggish_here")


def rows(store, query, *values):
    with recstore.connect(store) as con:
        return con.execute(query, values).fetchall()


@pytest.fixture(scope="session")
def sample(once):
    """The generated clips, and a store of them, with all spaces."""

    def fill(folder):
        write_audio_sample(folder, clips=240)
        options = recstore.BuildOptions(audio_sequence=True)
        recstore.build(folder / "clips.duckdb", {"audioset": folder / "sample.json"}, options=options)

    return once("sample-clips", fill)


@pytest.fixture
def audioset(sample, tmp_path):
    """A store of the generated clips, to which sound files may be added."""
    return shutil.copy(sample / "clips.duckdb", tmp_path / "clips.duckdb")


def test_own_music_beside_audiosets(audioset, sample, tmp_path):
    one, two = tag_jazz(sound(tmp_path / "one.wav", 10)), sound(tmp_path / "two.flac", 20, 200)
    labels = rows(audioset, "SELECT count(*) FROM audio_labels")[0][0]
    # Several files, as a shell makes them of *.wav; without labels they are judged as clips without labels are.
    assert run("add", audioset, "--audio", one, two, "--quiet", "--memory", 4)[0] == 0
    assert rows(audioset, "SELECT count(*) FROM audio_clips WHERE split = 'file'") == [(3,)]
    assert rows(audioset, "SELECT labels FROM audio_clips WHERE video_id = ?", str(one)) == [(["Jazz", "Shoegaze"],)]
    assert rows(audioset, "SELECT label_id, mid, is_music FROM audio_labels WHERE name = 'Shoegaze'") == [
        (labels, "own:Shoegaze", True)
    ]
    spaces = rows(audioset, "SELECT DISTINCT space FROM similar_audio(?)", str(two))
    assert spaces == [("labels",)]
    # Records and exports are read as before: what they mean by a number is AudioSet's.
    recstore.add(audioset, audioset=sample / "sample.json")
    assert [finding for finding in recstore.check(audioset) if finding.fault] == []


def tag_jazz(path):
    labels = path.parent / "labels.csv"
    labels.write_text(f"{path},jazz,Shoegaze\n")
    tagged = path.with_suffix(".flac")
    data, rate = sf.read(path)
    sf.write(tagged, data, rate)
    tag(tagged, "jazz", "Shoegaze")
    return tagged


def test_clips_like_a_file(audioset, tmp_path):
    song = sound(tmp_path / "it's mine.flac", 30, 300)
    frames = recstore.embed(song)
    with recstore.connect(audioset) as con:
        found = con.execute("SELECT embed_audio(?)", [str(song)]).fetchall()[0][0]
        np.testing.assert_array_equal(found, frames.reshape(-1))
        assert con.execute("SELECT embed_audio(NULL)").fetchall() == [(None,)]
        center = np.array(con.execute("SELECT center FROM spaces WHERE space = 'mean'").fetchall()[0][0])
        vectors = con.execute("SELECT clip_id, vector FROM audio_vectors WHERE space = 'mean' ORDER BY 1").fetchall()
        mean = frames.reshape(-1, 128).mean(axis=0) - center
        scores = np.array([vector for _id, vector in vectors]) @ (mean / np.linalg.norm(mean))
        best = [vectors[place][0] for place in np.argsort(-np.round(scores, 5), kind="stable")[:5]]
        question = "FROM nearest_audio((SELECT vector FROM audio_vector(embed_audio($f))), k := 5)"
        assert [row[1] for row in con.execute(question, {"f": str(song)}).fetchall()] == best
        labels = "FROM nearest_audio((SELECT vector FROM audio_vector(embed_audio($f), space := 'labels')), " \
            "space := 'labels', k := 3, filter := list_contains(labels, 'Jazz'))"  # fmt: skip
        like = con.execute(f"SELECT clip_id, labels, score {labels}", {"f": str(song)}).fetchall()
        assert len(like) == 3
        assert all("Jazz" in found for _id, found, _score in like)
        listed = "(VALUES ($f)) AS files(path), nearest_audio((SELECT vector FROM audio_vector(embed_audio(path))))"
        with pytest.raises(duckdb.Error, match=r"nowhere.mp3 cannot be read as sound: there is no such file"):
            con.execute("SELECT embed_audio('nowhere.mp3')")
        assert len(con.execute(f"SELECT 1 FROM {listed}", {"f": str(song)}).fetchall()) == 10
    code, printed, _said = ask(
        "similar", audioset, "audio", "--file", song, "--space", "mean", "-k", 5, "--format", "json"
    )
    assert code == 0
    assert [row["clip_id"] for row in json.loads(printed)] == best
    code, printed, _said = ask("similar", audioset, "audio", "--file", song, "-k", 3, "--format", "json",
                               "--filter", "list_contains(labels, 'Jazz')")  # fmt: skip
    assert [row["clip_id"] for row in json.loads(printed)] == [row[0] for row in like]


def test_several_clips_one_after_the_other_have_the_vector_of_all_their_seconds(audioset):
    """Twice the same is the same, in every space; of two clips, `mean` is the mean of both."""
    with recstore.connect(audioset) as con:
        first, second = (
            con.execute("SELECT frames FROM audio_frames WHERE clip_id = ?", [clip]).fetchall()[0][0] for clip in (1, 2)
        )
        for space in ("mean", "sequence", "labels"):
            vector = "SELECT vector FROM audio_vector($frames, space := $space)"
            once = con.execute(vector, {"frames": first, "space": space}).fetchall()[0][0]
            twice = con.execute(vector, {"frames": first + first, "space": space}).fetchall()[0][0]
            np.testing.assert_allclose(once, twice, atol=1e-6)
        center = np.array(con.execute("SELECT center FROM spaces WHERE space = 'mean'").fetchall()[0][0])
        mean = np.array(first + second).reshape(-1, 128).mean(axis=0) - center
        both = con.execute("SELECT vector FROM audio_vector(?)", [first + second]).fetchall()[0][0]
        np.testing.assert_allclose(both, mean / np.linalg.norm(mean), atol=1e-6)
        for frames in ([], first[:-1], [*first, 1]):
            with pytest.raises(duckdb.Error, match="frames must be 1280 numbers, 10 seconds of 128, or several times"):
                con.execute("FROM audio_vector(?)", [frames])


def test_what_cannot_be_asked_with_a_file(audioset, sample_store, tmp_path):
    song = sound(tmp_path / "song.wav", 10)
    short = sound(tmp_path / "short.wav", 4)
    for arguments, code, said in (
        ((audioset, "audio"), 2, "Missing argument"),
        ((audioset, "audio", "sampleClip0", "--file", song), 2, "not both"),
        ((audioset, "audio", "--file", song, "--disliked", "1"), 2, "--disliked belongs to items"),
        ((audioset, "audio", "--file", song, "--untrusted"), 2, "a stranger's store"),
        ((audioset, "audio", "--file", short), 1, "it is shorter than 9.615 seconds"),
        ((audioset, "audio", "--file", tmp_path / "none.mp3"), 1, "there is no such file"),
        (
            (audioset, "audio", "--file", song, "--space", "none"),
            2,
            "no space 'none'; there are: labels, mean, sequence",
        ),
        ((sample_store, "movies", "--file", song), 2, "The catalogue movies cannot be asked with a file"),
        ((audioset, "audio", "--file", song, "--vggish", tmp_path), 1, "There is no .*vggish_model.ckpt"),
        ((audioset, "audio", "--file", song, "-k", "0"), 2, "k must be"),
    ):
        found, _out, heard = ask("similar", *arguments)
        assert found == code, heard
        assert re.search(said, " ".join(heard.split())), heard


def test_demo_plays_where_the_weights_are(tmp_path, capsys):
    run_demo(tmp_path / "demo.duckdb", Progress())
    printed = capsys.readouterr()
    for name in ("a chord", "a drum loop", "noise"):
        assert f"Music like {name}, a sound file" in printed.out
    assert "fetch" not in printed.err


def test_the_page_on_sound_files(tmp_path, monkeypatch):
    """Its commands, its program and its question, in a folder that holds the files that it names."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("music/a.wav", "music/b.flac", "one.mp3", "two.flac", "song.mp3")):
        sound(tmp_path / name, 10, 200 + 300 * number, seed=number)
    blocks = [block for block in pages.blocks(pages.ROOT / "docs" / "audio.md") if block.is_tested]
    commands = [command for block in blocks if block.language == "console" for command, *_ in block.commands()]
    assert len(commands) == 4
    for command in commands:
        code, _out, said = ask(*shlex.split(command)[1:])
        assert code == 0, said
    for block in blocks:
        if block.language == "python":
            exec(block.text, {})
    statements = [block.text for block in blocks if block.language == "sql" and "embed_audio" in block.text]
    assert len(statements) == 1
    assert len(rows(tmp_path / "music.duckdb", statements[0])) == 4
