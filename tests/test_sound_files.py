"""Stores of sound files: built, added to, asked with a file, from Python, SQL and the command line."""

from __future__ import annotations

import csv
import os
import shutil

import duckdb
import numpy as np
import pytest
from conftest import need_tensorflow
from runner import ask, run
from sounds import sound, tag
from test_changing_sources import then

import recstore
from recstore import OptionError, RecstoreError, SourceError
from recstore.samples.audio import write_audio_sample
from recstore.testing import LoaderSuite

need_tensorflow()
sf = pytest.importorskip("soundfile")
pytestmark = pytest.mark.usefixtures("vggish_here")


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


def test_a_file_that_changes_while_it_is_read_is_a_reject_and_read_again(tmp_path):
    """Its clips would be of another content than the one whose digest is kept."""
    music, store = tmp_path / "music", tmp_path / "music.duckdb"
    make_music(music)
    with pytest.MonkeyPatch.context() as patch:
        then(patch, "recstore.loaders.audio.network_of", lambda: tag(music / "low.flac", "Another", "Jazz"))
        recstore.build(store, {"audio": music})
    [(source, reason)] = rows(store, "SELECT source, reason FROM load_rejects")
    assert source.endswith(":low.flac")
    assert "changed while it was read" in reason
    added = recstore.add(store, audio=music).loads["audio"]
    assert (added.rows, added.passed) == (2, 2)
    assert rows(store, "SELECT count(*) FROM load_rejects WHERE contains(reason, 'changed')") == [(0,)]


def test_labels_from_a_csv(music, tmp_path):
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([
            ("path", "label"), ("low.flac", "Bass", "Violin, fiddle"),
            (os.path.relpath(music / "deep/höhe #1.mp3", tmp_path), "Flute"),
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


def test_records_cannot_be_added_to_labels_of_ones_own(store, tmp_path):
    record = tmp_path / "some.tfrecord"
    record.write_bytes(b"")
    with pytest.raises(SourceError, match=r"the store has labels of its own instead. Build it with --audioset"):
        recstore.add(store, audioset=record)


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


def test_a_single_clip_has_nothing_to_be_compared_with(tmp_path):
    store = tmp_path / "one.duckdb"
    code, said = run("build", store, "--audio", sound(tmp_path / "one.wav"))
    assert code == 1
    assert "No clip has a vector in any space" in said
    assert "Nothing was changed." in said
    assert not store.exists()
    # A second one makes a store of both.
    sound(tmp_path / "two.wav", 10, 900)
    assert recstore.build(store, {"audio": tmp_path}).loads["audio"].rows == 2


@pytest.mark.parametrize("command", ["build", "add"])
def test_memory_that_does_not_suffice_for_the_network_is_refused_before_the_work(command, store, tmp_path, monkeypatch):
    monkeypatch.setattr("recstore.loaders.audio.network_of", None)
    sound(tmp_path / "new" / "one.wav", 11, 220)
    before = store.read_bytes()
    code, said = run(command, store, "--audio", tmp_path / "new", "--memory", 1.5, "--quiet")
    assert code == 1
    assert "Embedding sound files needs about 1.7 GB of memory (the network that they are embedded with)" in said
    assert "--memory allows 1.5 GB" in said
    assert store.read_bytes() == before
