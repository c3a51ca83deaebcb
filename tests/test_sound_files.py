"""Stores of sound files: built, added to, asked with a file, from Python, SQL and the command line."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil

import duckdb
import numpy as np
import pytest
from conftest import need_tensorflow
from runner import ask, run

import recstore
from recstore import OptionError, RecstoreError, SourceError
from recstore.samples.audio import write_audio_sample
from recstore.testing import LoaderSuite

need_tensorflow()
sf = pytest.importorskip("soundfile")
mutagen = pytest.importorskip("mutagen")
pytestmark = pytest.mark.usefixtures("vggish_here")
RATE = 16_000


def sound(path, seconds=10.0, hertz=440.0, seed=0, **options):
    """Write a tone with some noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    sf.write(path, 0.3 * np.sin(2 * np.pi * hertz * time) + noise, RATE, **options)
    return path


def tag(path, *genres):
    tags = mutagen.File(path, easy=True)
    if tags.tags is None:
        tags.add_tags()
    tags["genre"] = list(genres)
    tags.save()


def make_music(folder):
    """Write a folder of sounds: five clips, in three files."""
    tag(sound(folder / "low.flac", 23, 110), "Drone", "Jazz; Blues")
    tag(sound(folder / "deep" / "höhe #1.mp3", 10, 880, seed=1), "jazz")
    sound(folder / "deep" / "deeper" / "MID.WAV", 20, 440, seed=2)
    (folder / "cover.jpg").write_bytes(b"no sound")
    (folder / "._low.flac").write_bytes(b"what a Mac leaves")


@pytest.fixture(scope="module")
def built(tmp_path_factory, tiny_vggish):
    """Such a folder, and a store of it."""
    folder = tmp_path_factory.mktemp("sounds")
    make_music(folder / "music")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recstore.sound.weights.RELEASE", tiny_vggish[-1])
        recstore.build(
            folder / "music.duckdb",
            {"audio": folder / "music"},
            options=recstore.BuildOptions(vggish=str(tiny_vggish[0])),
        )
    return folder


@pytest.fixture
def music(built):
    return built / "music"


@pytest.fixture
def store(built, tmp_path):
    return shutil.copy(built / "music.duckdb", tmp_path / "music.duckdb")


def rows(store, query, *values):
    with recstore.connect(store) as con:
        return con.execute(query, values).fetchall()


CLIPS = "SELECT video_id, start_seconds, end_seconds, labels, split FROM audio_clips ORDER BY clip_id"


class TestAudio(LoaderSuite):
    loader = "audio"

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("sounds")
        for number in range(3):
            sound(folder / f"{number}.wav", 10 + 5 * number, seed=number)
        (folder / "broken.wav").write_bytes(b"broken")
        return folder


def test_every_sound_file_becomes_clips(store, music):
    high, mid, low = (str(music / name) for name in ("deep/höhe #1.mp3", "deep/deeper/MID.WAV", "low.flac"))
    assert rows(store, CLIPS) == [
        (mid, 0, 10, [], "file"),
        (mid, 10, 20, [], "file"),
        (high, 0, 10, ["Jazz"], "file"),
        (low, 0, 10, ["Drone", "Jazz", "Blues"], "file"),
        (low, 10, 20, ["Drone", "Jazz", "Blues"], "file"),
    ] or rows(store, CLIPS)[2][3] in (["jazz"], ["Jazz"])
    assert rows(store, "SELECT source, reason FROM load_rejects") == [
        (f"{music}:low.flac", "its last 3.0 seconds make no clip, which takes 9.615")
    ]
    for video, start, frames in rows(
        store, "SELECT video_id, start_seconds, frames FROM audio_clips JOIN audio_frames USING (clip_id)"
    ):
        np.testing.assert_array_equal(recstore.embed(video)[int(start) // 10].reshape(-1), frames)
    assert [finding for finding in recstore.check(store) if finding.fault] == []


def test_a_file_is_passed_over_unless_it_changed(tmp_path):
    music, store = tmp_path / "music", tmp_path / "music.duckdb"
    make_music(music)
    recstore.build(store, {"audio": music})
    before = rows(store, CLIPS)
    recstore.rebuild(store)
    report = recstore.add(store, audio=music)
    assert (report.loads["audio"].rows, report.loads["audio"].passed, report.rejects) == (0, 3, 0)
    assert rows(store, CLIPS) == before
    # One becomes longer, one shorter, one is new, and one is gone.
    sound(music / "deep" / "deeper" / "MID.WAV", 30, 500)
    sound(music / "low.flac", 10, 100)
    sound(music / "new.ogg", 10, 300)
    (music / "deep" / "höhe #1.mp3").unlink()
    ids = rows(store, "SELECT video_id, start_seconds, clip_id FROM audio_clips ORDER BY ALL")
    report = recstore.add(store, audio=music)
    found = rows(store, "SELECT video_id, start_seconds, clip_id FROM audio_clips ORDER BY ALL")
    assert {row for row in ids if not (row[0].endswith("low.flac") and row[1] == 10)} < set(found)
    assert [(video.rpartition("/")[2], start) for video, start, _id in found] == [
        ("MID.WAV", 0), ("MID.WAV", 10), ("MID.WAV", 20), ("höhe #1.mp3", 0), ("low.flac", 0), ("new.ogg", 0)
    ]  # fmt: skip
    assert (report.loads["audio"].replaced, report.loads["audio"].rejects) == (3, 0)
    assert rows(store, "SELECT count(*) FROM load_rejects") == [(0,)]
    video = str(music / "low.flac")
    frames = "SELECT frames FROM audio_frames JOIN audio_clips USING (clip_id) WHERE video_id = ?"
    np.testing.assert_array_equal(rows(store, frames, video)[0][0], recstore.embed(video).reshape(-1))
    assert recstore.add(store, audio=music).loads["audio"].passed == 3
    assert [finding for finding in recstore.check(store) if finding.fault] == []


def test_labels_from_a_csv(music, tmp_path):
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([
            ("path", "label"), ("low.flac", "Bass", "Violin, fiddle"), (os.path.relpath(music / "deep/höhe #1.mp3", tmp_path), "Flute"),
            ("low.flac", "Slow", "Bass"), ("nowhere.mp3", "Flute"), (str(music / "deep/deeper/MID.WAV"),),
        ])  # fmt: skip
    store = tmp_path / "s.duckdb"
    assert run("build", store, "--audio", music, "--audio-labels", labels, "--quiet")[0] == 0
    by_file = "SELECT DISTINCT split_part(video_id, '/', -1), labels FROM audio_clips ORDER BY 1"
    assert rows(store, by_file) == [
        ("MID.WAV", []),
        ("höhe #1.mp3", ["Flute"]),
        ("low.flac", ["Bass", "Violin, fiddle", "Slow"]),
    ]
    assert rows(store, "SELECT source, line, reason FROM load_rejects WHERE line IS NOT NULL") == [
        (str(labels), 5, "no such sound file in the source")
    ]
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    # Of a file that did not change the labels do.
    labels.write_text("low.flac,Drone,bass\n")
    report = recstore.add(store, audio=music, audio_labels=str(labels))
    assert report.loads["audio"].replaced == 2
    assert ("low.flac", ["Drone", "Bass"]) in rows(store, by_file)
    with pytest.raises(OptionError, match=r"labels in .* cannot be read"):
        recstore.add(store, audio=music, audio_labels=str(tmp_path / "none.csv"))
    labels.write_text("other.flac,Drone\n")
    with pytest.raises(SourceError, match="names no sound file of the source"):
        recstore.add(store, audio=music, audio_labels=str(labels))


def test_two_hundred_broken_files(tmp_path, capfd):
    """Of every format: cut, empty, text, flipped heads; each is a reject with its reason, and the rest is loaded."""
    folder, rng = tmp_path / "mixed", np.random.default_rng(0)
    kinds = ["wav", "flac", "mp3", "ogg", "opus.ogg", "aiff", "w64", "caf", "au", "rf64"]
    for kind in kinds:
        options = {"subtype": "OPUS"} if kind == "opus.ogg" else {"format": "RF64"} if kind == "rf64" else {}
        whole = sound(folder / f"good.{kind}", 10, **options).read_bytes()
        (folder / "broken").mkdir(exist_ok=True)
        for number in range(20):
            content = [
                whole[: int(len(whole) * rng.uniform(0.05, 0.9))],
                b"",
                bytes(rng.integers(32, 127, 500, np.uint8)),
                bytes(rng.integers(0, 256, 5000, np.uint8)),
                bytes(5000),
                whole[: 8 + number],
            ][number % 6]
            (folder / "broken" / f"{number}.{kind}").write_bytes(content)
    store = tmp_path / "mixed.duckdb"
    code, _out, said = ask("build", store, "--audio", folder)
    captured = capfd.readouterr()
    assert code == 0, said
    assert "mpg123" not in captured.err + said
    assert "illegal" not in (captured.err + said).lower()
    assert rows(store, "SELECT count(*), count(DISTINCT video_id) FROM audio_clips") == [(10, 10)]
    rejected = rows(store, "SELECT source, reason FROM load_rejects")
    assert len(rejected) == len({source for source, _reason in rejected}) == 200
    assert all(source.startswith(f"{folder}:broken/") and reason for source, reason in rejected)
    assert recstore.add(store, audio=folder).loads["audio"].passed == 210


def test_what_gives_nothing_says_why(tmp_path):
    with pytest.raises(SourceError, match="nowhere does not exist"):
        recstore.build(tmp_path / "s.duckdb", {"audio": tmp_path / "nowhere"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no sound file"):
        recstore.build(tmp_path / "s.duckdb", {"audio": tmp_path / "empty"})
    sound(tmp_path / "short" / "a.wav", 5)
    (tmp_path / "short" / "b.m4a").write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    with pytest.raises(SourceError, match=r"gave no clip of 10 seconds.*it lasts 5.0 seconds.*MPEG-4"):
        recstore.build(tmp_path / "s.duckdb", {"audio": tmp_path / "short"})
    write_audio_sample(tmp_path / "sample", clips=30)
    with pytest.raises(OptionError, match=r"--audio and --audioset both fill audio. Build from one"):
        recstore.build(tmp_path / "s.duckdb", {"audio": tmp_path, "audioset": tmp_path / "sample" / "sample.json"})


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


def test_records_cannot_be_added_to_labels_of_ones_own(store, tmp_path):
    record = tmp_path / "some.tfrecord"
    record.write_bytes(b"")
    with pytest.raises(SourceError, match=r"the store has labels of its own instead. Build it with --audioset"):
        recstore.add(store, audioset=record)


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


def test_what_cannot_be_asked_with_a_file(audioset, store, sample_store, tmp_path):
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


def test_a_strangers_store_embeds_nothing(store, tmp_path):
    song = sound(tmp_path / "song.wav", 10)
    with recstore.connect(store, untrusted=True) as con, pytest.raises(duckdb.Error, match="embed_audio"):
        con.execute("SELECT embed_audio(?)", [str(song)])
    with duckdb.connect() as con:
        recstore.attach(con, store, alias="mine")
        assert len(con.execute("SELECT mine.embed_audio(?)", [str(song)]).fetchall()[0][0]) == 1280
        recstore.attach(con, store, alias="theirs", untrusted=True)
        with pytest.raises(duckdb.Error, match="embed_audio"):
            con.execute("SELECT theirs.embed_audio(?)", [str(song)])
        # Twice in one process, and twice in one connection.
        recstore.attach(con, store, alias="mine")
        assert con.execute("SELECT len(mine.embed_audio(?))", [str(song)]).fetchall() == [(1280,)]


def test_where_a_clip_of_a_file_is(store, music, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    path = str(music / "deep" / "höhe #1.mp3")
    url = f"file://{music}/deep/h%C3%B6he%20%231.mp3#t=0"
    stored = "SELECT vector FROM audio_vectors JOIN audio_clips USING (clip_id) WHERE space = 'mean' AND video_id = $1"
    assert rows(store, f"SELECT url FROM nearest_audio(({stored})) WHERE rank = 1", path) == [(url,)]
    code, printed, _said = ask("play", store, path)
    assert (code, printed, opened) == (0, f"{url}\n", [url])
    last = rows(store, "SELECT clip_id FROM audio_clips WHERE start_seconds = 10 ORDER BY 1 DESC LIMIT 1")[0][0]
    code, printed, _said = ask("play", store, last, "--print")
    assert (code, printed, opened) == (0, f"file://{music}/low.flac#t=10\n", [url])
    with duckdb.connect(str(store)) as con:
        con.execute("UPDATE audio_clips SET video_id = '/nowhere/low.flac' WHERE clip_id = ?", [last])
    assert ask("play", store, last)[2].endswith("low.flac is not there any more.\n")
    assert "There is no clip 'nothing'" in ask("play", store, "nothing")[2]
    assert opened == [url]


def test_what_is_not_opened(store, sample_store, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    copy = shutil.copy(store, tmp_path / "evil.duckdb")
    with duckdb.connect(str(copy)) as con:
        con.execute("UPDATE audio_clips SET video_id = '/bin/sh' WHERE clip_id = 1")
        con.execute("UPDATE audio_clips SET video_id = 'dQw4w9WgXcQ', start_seconds = 7 WHERE clip_id = 2")
        con.execute(r"UPDATE audio_clips SET video_id = 'C:\my music\a.mp3' WHERE clip_id = 3")
    assert "is not opened" in ask("play", copy, 1)[2]
    assert opened == []
    assert ask("play", copy, 2)[1] == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=7s\n"
    assert ask("play", copy, 3, "--print")[1] == "file:///C:/my%20music/a.mp3#t=0\n"
    code, _out, said = ask("play", sample_store, "Ninth Horizon (1979)", "--catalog", "movies")
    assert (code, "have no column url" in said) == (2, True)
    with recstore.connect(sample_store) as con, pytest.raises(RecstoreError, match="no clip"):
        recstore.url_of(con, "x")


def test_files_that_are_named_or_kept_oddly(tmp_path):
    folder = tmp_path / "odd"
    sound(folder / 'it\'s 100% "odd"; --.WAV', 10)
    sound(folder / "line\nbreak.wav", 10, 300)
    sound(folder / "-dash.wav", 10, 350)
    (folder / "loop").symlink_to(folder)
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    shutil.copy(folder / "-dash.wav", folder / "tmp.wav")
    (folder / "tmp.wav").rename(os.fsdecode(os.fsencode(folder) + b"/not-\xff-utf8.wav"))
    store = tmp_path / "odd.duckdb"
    report = recstore.build(store, {"audio": folder})
    assert (report.loads["audio"].rows, report.rejects) == (3, 1)
    assert rows(store, "SELECT source, reason FROM load_rejects") == [
        (f"{folder}:not-\\xff-utf8.wav", "its name is not in UTF-8; rename it")
    ]
    for (video,) in rows(store, "SELECT video_id FROM audio_clips"):
        assert len(rows(store, "FROM similar_audio(?)", video)) == 2
    # One file is a source as well.
    assert recstore.add(store, audio=[folder / "-dash.wav", sound(tmp_path / "more.wav")]).loads["audio"].rows == 1


def test_demo_plays_where_the_weights_are(tmp_path, capsys):
    from recstore.cli.demo import run_demo
    from recstore.progress import Progress

    run_demo(tmp_path / "demo.duckdb", Progress())
    printed = capsys.readouterr()
    for name in ("a chord", "a drum loop", "noise"):
        assert f"Music like {name}, a sound file" in printed.out
    assert "fetch" not in printed.err
