"""The whole way with weights as large as the released ones: fetched once, verified, loaded, and used by a store."""

from __future__ import annotations

import functools
import http.server
import json

import numpy as np
import pytest
import vggish
from conftest import need_tensorflow
from runner import ask, run
from sounds import sound

import recstore
from recstore import SourceError
from recstore.sound import weights
from recstore.sound.embedding import forget_network

need_tensorflow()
sf = pytest.importorskip("soundfile")


class Handler(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - one for all that it serves

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_args):
        pass


@pytest.fixture
def server(https, tmp_path, monkeypatch):
    """A local https server over a folder, and an empty cache; its address and folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RECSTORE_VGGISH", raising=False)
    Handler.asked = []
    forget_network()
    yield f"{https(functools.partial(Handler, directory=folder))}/", folder
    forget_network()


@pytest.mark.thorough
def test_the_full_size_from_the_server_to_the_answer(server, tmp_path, monkeypatch):
    address, folder = server
    values, components = vggish.variables(vggish.FULL), vggish.pca()
    vggish.write_release(folder, values, components)
    assert (folder / vggish.CHECKPOINT).stat().st_size > 288e6
    released = vggish.release(folder, vggish.figures_of(values, components), address)
    monkeypatch.setattr(weights, "RELEASE", released)
    music, store = tmp_path / "music", tmp_path / "music.duckdb"
    for number, hertz in enumerate((200, 210, 3000)):
        sound(music / f"{number}.wav", 10, hertz, seed=number)
    assert run("build", store, "--audio", music, "--quiet")[0] == 0
    assert [path for path in Handler.asked if not path.endswith(".md5")] == [f"/{file.name}" for file in released.files]
    more = sound(tmp_path / "more.flac", 10, 205, seed=9)
    assert run("add", store, "--audio", more, "--quiet")[0] == 0
    code, printed, _said = ask("similar", store, "audio", "--file", more, "--space", "mean", "--format", "json")
    assert code == 0
    # All was fetched once.
    assert len([path for path in Handler.asked if not path.endswith(".md5")]) == 2
    frames = {}
    with recstore.connect(store) as con:
        for video, found in con.execute(
            "SELECT video_id, frames FROM audio_clips JOIN audio_frames USING (clip_id) ORDER BY clip_id"
        ).fetchall():
            frames[video] = np.array(found).reshape(10, 128)
    # The first and the last of its seconds: NumPy takes two seconds for each.
    examples = vggish.oracle_log_mel(sf.read(more)[0])[[0, 9]]
    scaled = vggish.oracle_scaled(values, components, examples)
    doubtful = (scaled > 0) & (scaled < 255) & (np.abs(scaled - np.rint(scaled)) < 0.005)
    assert doubtful.mean() < 0.05
    np.testing.assert_array_equal(frames[str(more)][[0, 9]][~doubtful], np.trunc(scaled)[~doubtful])
    means = np.array([one.mean(axis=0) for one in frames.values()])
    vectors = means - means.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places = list(frames)
    scores = vectors @ vectors[places.index(str(more))]
    ranked = [places[place] for place in np.argsort(-np.round(scores, 5), kind="stable")]
    assert [row["video_id"] for row in json.loads(printed)] == ranked


def test_what_can_go_wrong_with_fetching(server, tiny_vggish, tmp_path, monkeypatch):
    address, served = server
    folder, *_known, released = tiny_vggish
    song = sound(tmp_path / "song.wav")

    def fetched(host):
        monkeypatch.setattr(weights, "RELEASE", vggish.release(folder, released.figures, host))
        return recstore.embed(song)

    with pytest.raises(SourceError) as unreachable:
        fetched("https://localhost:1/")
    for word in ("https://localhost:1/vggish_model.ckpt", "https://localhost:1/vggish_pca_params.npz",
                 "--vggish FOLDER", "RECSTORE_VGGISH=FOLDER"):  # fmt: skip
        assert word in str(unreachable.value)
    # Another file than the released one is not kept, so the next fetch begins anew.
    (served / vggish.CHECKPOINT).write_bytes(b"something else")
    (served / vggish.PCA).write_bytes((folder / vggish.PCA).read_bytes())
    with pytest.raises(SourceError, match=r"vggish_model.ckpt is not what was meant: its SHA-256 is"):
        fetched(address)
    assert not (tmp_path / "cache" / "datasets" / vggish.CHECKPOINT).exists()
    (served / vggish.CHECKPOINT).write_bytes((folder / vggish.CHECKPOINT).read_bytes())
    first = fetched(address)
    assert first.shape == (1, 10, 128)
    # A flipped bit in the cache is found, and the file fetched again.
    kept = tmp_path / "cache" / "datasets" / vggish.CHECKPOINT
    content = bytearray(kept.read_bytes())
    content[1000] ^= 1
    kept.write_bytes(content)
    forget_network()
    np.testing.assert_array_equal(fetched(address), first)
    assert Handler.asked.count(f"/{vggish.CHECKPOINT}") == 3
