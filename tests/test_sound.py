"""From a sound file to AudioSet's space: decoding, front end, network, weights, and each way it can go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import vggish
from conftest import data, need_tensorflow

import recstore
from recstore import SourceError
from recstore.progress import Progress
from recstore.sound import front_end, weights
from recstore.sound.embedding import embed_files, network_of
from recstore.sound.weights import load_weights

need_tensorflow()
sf = pytest.importorskip("soundfile")


def test_the_front_end_gives_the_published_numbers():
    found = front_end.log_mel(vggish.sine(3, 16_000))
    assert found.shape == (3, 96, 64)
    assert np.ptp(found.reshape(-1, 64), axis=0).max() < 1e-8
    published = {
        0: (-4.483133, -4.270834, -4.170643), 18: (2.693003, 4.811118, 4.775044), 61: (-4.600694, -4.600989, -4.601163)
    }  # fmt: skip
    for band, numbers in published.items():
        np.testing.assert_allclose(found[0, 0, band : band + 3], numbers, atol=1e-6)
    assert found.mean() == pytest.approx(-3.429619, abs=1e-6)
    assert found.std() == pytest.approx(2.126577, abs=1e-6)
    np.testing.assert_allclose(front_end.log_mel(np.zeros(16_000)), np.log(0.01))


@pytest.mark.parametrize(("samples", "examples"), [(0, 0), (15_599, 0), (15_600, 1), (153_839, 9), (153_840, 10)])
def test_how_many_samples_give_an_example(samples, examples):
    assert front_end.n_examples(samples) == examples
    assert len(front_end.log_mel(np.zeros(samples))) == examples


#: Ten files: of each the ending, the subtype, the sample rate, the channels, and how far it may be from the oracle.
FILES = [
    ("wav", "PCM_U8", 16_000, 1, 1e-6),
    ("wav", "PCM_16", 16_000, 2, 1e-6),
    ("wav", "PCM_24", 16_000, 3, 1e-6),
    ("wav", "FLOAT", 16_000, 6, 1e-6),
    ("flac", "PCM_16", 16_000, 2, 1e-6),
    ("aiff", "PCM_16", 44_100, 2, 0.01),
    ("wav", "DOUBLE", 48_000, 1, 0.01),
    ("flac", "PCM_24", 22_050, 1, 0.01),
    ("w64", "PCM_32", 8_000, 1, 0.01),
    ("caf", "PCM_16", 11_025, 2, 0.01),
]


@cache
def sounds(seconds, rate, channels, seed=0):
    """Return something with tones, noise and silence, (n, channels)."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    time = np.arange(n)[:, None] / rate
    tones = sum(np.sin(2 * np.pi * hertz * time * (1 + 0.1 * np.arange(channels))) for hertz in (220.0, 1234.5, 3000.0))
    noise = rng.normal(0, 1, (n, channels)) * (np.sin(time * 7) > 0)
    return 0.1 * tones + 0.05 * noise


@pytest.mark.parametrize(("ending", "subtype", "rate", "channels", "most"), FILES)
def test_the_front_end_agrees_with_an_independent_one(tmp_path, ending, subtype, rate, channels, most):
    path = tmp_path / f"sound.{ending}"
    sf.write(path, sounds(1.1, rate, channels), rate, subtype=subtype)
    stored = sf.read(path, always_2d=True)[0].mean(axis=1)
    expected = vggish.oracle_log_mel(stored if rate == 16_000 else vggish.oracle_resampled(stored, rate))
    from recstore.sound.decoding import Decoder

    decoder = Decoder()
    decoded, pieces = decoder.open(path)
    found = front_end.log_mel(front_end.resampled(np.concatenate(list(pieces)), decoded.rate))
    decoder.close()
    assert decoded.rate == rate
    assert found.shape == expected.shape == (1, 96, 64)
    assert np.abs(found - expected).max() < most


def test_what_a_file_gives_is_what_numpy_gives(vggish_here, tmp_path):
    values, components = vggish_here
    path = tmp_path / "sound.wav"
    sf.write(path, sounds(25, 16_000, 2), 16_000, subtype="DOUBLE")
    found = recstore.embed(path)
    assert (found.shape, found.dtype) == ((2, 10, 128), np.uint8)
    mono = sf.read(path)[0].mean(axis=1)
    for number in range(2):
        examples = vggish.oracle_log_mel(mono[number * 160_000 : (number + 1) * 160_000])
        assert_bytes(found[number], vggish.oracle_scaled(values, components, examples[:10]))


def assert_bytes(found, scaled):
    """Bytes are the same, but where a number is so near the next whole one that machines may differ."""
    is_clipped = (scaled <= 0) | (scaled >= 255)
    assert is_clipped.mean() < 0.2
    doubtful = ~is_clipped & (np.abs(scaled - np.rint(scaled)) < 0.005)
    assert doubtful.mean() < 0.05
    np.testing.assert_array_equal(found[~doubtful], np.trunc(scaled)[~doubtful])


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("wav", {"subtype": "PCM_U8"}), ("wav", {"subtype": "PCM_16"}), ("wav", {"subtype": "PCM_24"}),
        ("wav", {"subtype": "FLOAT"}), ("flac", {}), ("mp3", {}), ("ogg", {}), ("ogg", {"subtype": "OPUS"}),
        ("aiff", {}), ("w64", {}), ("caf", {}), ("au", {}), ("rf64", {"format": "RF64"}),
    ],
)  # fmt: skip
def test_every_format_gives_a_row_for_each_ten_seconds(vggish_here, tmp_path, ending, options):
    path = tmp_path / f"sound.{ending}"
    sf.write(path, sounds(20, 16_000, 2), 16_000, **options)
    assert recstore.embed(path).shape == (2, 10, 128)
    # Half of it is less than it says of itself.
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"sound\..* cannot be read as sound: .*cut short"):
        recstore.embed(path)


def test_a_file_that_is_too_short_gives_no_row(vggish_here, tmp_path):
    sf.write(tmp_path / "short.wav", np.zeros(153_839), 16_000)
    assert recstore.embed(tmp_path / "short.wav").shape == (0, 10, 128)
    sf.write(tmp_path / "enough.wav", np.zeros(153_840), 16_000)
    assert recstore.embed(tmp_path / "enough.wav").shape == (1, 10, 128)


WRONG = {
    "empty.wav": (b"", "the file is empty"),
    "text.mp3": (b"This is a text, and no sound at all.\n" * 100, "no sound that can be read"),
    "song.m4a": (b"\0\0\0\x20ftypM4A \0\0\0\0" + b"\0" * 1000, r"MPEG-4 \(m4a\) is not read; convert it to FLAC"),
    "song.aac": (b"\xff\xf1\x50\x80" + b"\0" * 100, "AAC is not read"),
    "zeros.flac": (b"\0" * 5000, "no sound that can be read"),
    "zeros.au": (b"\0" * 5000, "no sound that can be read"),
    # A chunk that ends beyond what a file can have: of W64, of CAF.
    "far.w64": (b"riff" + b"\0" * 52 + b"\xff" * 7 + b"\x7f", "no sound that can be read"),
    "far.caf": (b"caff\0\1\0\0desc\x7f" + b"\xff" * 7 + b"\0" * 5000, "no sound that can be read"),
    "noise.ogg": (bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8)), "no sound that can be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_are_no_sound(vggish_here, tmp_path, name):
    content, reason = WRONG[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=f"{name} cannot be read as sound: {reason}"):
        recstore.embed(tmp_path / name)


def test_sounds_without_samples_or_numbers(vggish_here, tmp_path):
    sf.write(tmp_path / "none.wav", np.zeros(0), 16_000)
    with pytest.raises(SourceError, match="it holds no samples"):
        recstore.embed(tmp_path / "none.wav")
    samples = np.zeros(170_000)
    samples[90_000] = np.nan
    sf.write(tmp_path / "nan.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(SourceError, match="samples that are no numbers"):
        recstore.embed(tmp_path / "nan.wav")
    for name, said in ((".", "it is a folder"), ("nowhere.wav", "there is no such file")):
        with pytest.raises(SourceError, match=said):
            recstore.embed(tmp_path / name)


def test_many_files_come_in_order_whatever_becomes_of_each(vggish_here, tmp_path):
    paths = [tmp_path / f"{number}.wav" for number in range(12)]
    for number, path in enumerate(paths):
        if number % 3 == 1:
            path.write_bytes(b"RIFF")
        else:
            sf.write(path, sounds(10 + number, 16_000, 1, seed=number), 16_000)
    network = network_of(None, Progress())
    found = list(embed_files(paths, network, 3))
    assert [one.path for one in found] == paths
    assert [one.reason is not None for one in found] == [number % 3 == 1 for number in range(12)]
    assert found[2].left_out == pytest.approx(2)
    np.testing.assert_array_equal(found[2].frames, recstore.embed(paths[2]))


def test_a_long_file_takes_no_more_memory_than_a_short_one(vggish_here, tmp_path, peak_of):
    """The peaks of a process that embeds first the one, then the other, and of the decoders of both.

    What is decoded of the long one is of 108 MB. The benchmark sound.py does the same with an hour.
    """
    paths = {minutes: tmp_path / f"{minutes}.flac" for minutes in (1, 14)}
    for minutes, path in paths.items():
        with sf.SoundFile(path, "w", 16_000, 1) as file:
            for _ in range(minutes):
                file.write(sounds(60, 16_000, 1))
    program = f"""
import resource, sys
import recstore
from recstore.sound import weights
from recstore.sound.weights import *
weights.RELEASE = {weights.RELEASE!r}
for path in sys.argv[1:]:
    assert recstore.embed(path).any(axis=2).all()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
    done = subprocess.run([sys.executable, "-c", program, *paths.values()], capture_output=True, text=True, check=True)
    short, long = map(int, done.stdout.split())
    assert long < short + 40e6
    peaks = []
    for path in paths.values():
        name = os.fsencode(path)
        (tmp_path / "request").write_bytes(b"-" + len(name).to_bytes(4, "big") + name)
        decoder = f"{sys.executable} -m recstore.sound.decoder_process < {tmp_path / 'request'}"
        peaks.append(peak_of("sh", "-c", f"exec {decoder} > /dev/null"))
    assert peaks[1] < peaks[0] + 40e6


def changed(values, name, value):
    return {**values, name: value} if value is not None else {key: v for key, v in values.items() if key != name}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("vggish/fc2/weights", None, "it lacks the variable vggish/fc2/weights"),
        ("vggish/conv2/biases", None, "it lacks the variable vggish/conv2/biases"),
        ("vggish/conv2/weights", np.zeros((3, 3, 2, 9), "f"), r"of shape \(3, 3, 2, 9\), and \(3, 3, 2, 3\) is needed"),
        ("vggish/fc2/biases", np.zeros(64, "f"), r"fc2/biases is of shape \(64,\), and \(128,\) is needed"),
    ],
)  # fmt: skip
def test_checkpoints_that_are_not_vggish(tmp_path, monkeypatch, name, value, said):
    vggish.write_release(tmp_path, changed(vggish.variables(), name, value), vggish.pca())
    monkeypatch.setattr(weights, "RELEASE", vggish.release(tmp_path, (0, 0, 0, 0)))
    with pytest.raises(SourceError, match=said):
        load_weights(tmp_path, Progress())


def test_weights_that_do_not_work_are_refused(tiny_vggish, monkeypatch):
    folder, _values, _components, released = tiny_vggish
    wrong = vggish.release(folder, (released.figures[0], released.figures[1] * 1.2, *released.figures[2:]))
    monkeypatch.setattr(weights, "RELEASE", wrong)
    with pytest.raises(SourceError, match="do not work: a sine of 1 kHz gives"):
        load_weights(folder, Progress())


@pytest.mark.parametrize("content", [b"no archive", b"PK\x03\x04 cut", None])
def test_components_that_are_not_vggishs(tiny_vggish, tmp_path, monkeypatch, content):
    folder, *_ = tiny_vggish
    (tmp_path / vggish.CHECKPOINT).write_bytes((folder / vggish.CHECKPOINT).read_bytes())
    if content is None:
        np.savez(tmp_path / vggish.PCA, pca_means=np.array([{}], dtype=object), pca_eigen_vectors=np.zeros(3))
    else:
        (tmp_path / vggish.PCA).write_bytes(content)
    monkeypatch.setattr(weights, "RELEASE", vggish.release(tmp_path, (0, 0, 0, 0)))
    with pytest.raises(SourceError, match="does not hold the arrays pca_means"):
        load_weights(tmp_path, Progress())


def test_weights_that_are_not_the_released_ones(tiny_vggish, vggish_here, tmp_path):
    folder, *_ = tiny_vggish
    with pytest.raises(SourceError, match=f"There is no .*{vggish.CHECKPOINT}. Download https://.*--vggish FOLDER"):
        load_weights(tmp_path, Progress())
    for name in (vggish.CHECKPOINT, vggish.PCA):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    content = bytearray((tmp_path / vggish.CHECKPOINT).read_bytes())
    content[5000] ^= 1
    (tmp_path / vggish.CHECKPOINT).write_bytes(content)
    with pytest.raises(SourceError, match="not the released file: its SHA-256 is"):
        load_weights(tmp_path, Progress())
    (tmp_path / vggish.CHECKPOINT).write_bytes(content[:-1])
    with pytest.raises(SourceError, match="not the released file: it has"):
        load_weights(tmp_path, Progress())


RELEASED = os.environ.get("RECSTORE_VGGISH")
needs_weights = pytest.mark.skipif(
    not RELEASED or not (weights._folder(RELEASED) / vggish.CHECKPOINT).is_file(),
    reason="the released weights of VGGish are not here: set RECSTORE_VGGISH to the folder that holds them",
)


@needs_weights
def test_the_released_weights_pass_their_smoke_test():
    load_weights(RELEASED, Progress())


@needs_weights
def test_the_released_weights_give_the_published_vector():
    """The first example of a sine at 44.1 kHz; it was published after a rectifier, and with another resampler."""
    golden = json.loads(data("vggish/smoke44k_expected.json").read_text())
    network = load_weights(RELEASED, Progress())
    examples = front_end.log_mel(front_end.resampled(vggish.sine(3, 44_100), 44_100))[:1]
    rectified = np.maximum(network.embeddings(examples), 0)
    np.testing.assert_allclose(rectified[0], golden["embedding_relu_first_example"], atol=0.02)
    made = network.as_bytes(rectified)[0].astype(int)
    assert np.abs(made - golden["postprocessed_first_example"]).max() <= 2
