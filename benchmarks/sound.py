"""Measures how fast sound files are embedded, and in how much memory: files of ten formats, and one of an hour.

    python benchmarks/sound.py [--files 1000] [--seconds 30] [--minutes 60] [--threads 2] [--vggish FOLDER] [--narrow]

Without the released weights, generated ones of the same size do: the work is the same. --narrow makes them small.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from measuring import in_own_process, row, say

FORMATS = (
    ("wav", "PCM_U8"), ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("flac", "PCM_16"), ("mp3", None),
    ("ogg", "VORBIS"), ("ogg", "OPUS"), ("aiff", "PCM_16"), ("w64", "PCM_16"),
)  # fmt: skip
RATES = (16_000, 44_100, 48_000)


def write_sounds(folder: Path, files: int, seconds: float) -> list[Path]:
    """Write files of all formats in turn, stereo, of several rates; Opus takes 48 kHz alone of these."""
    import numpy as np
    import soundfile

    rng, paths = np.random.default_rng(0), []
    for number in range(files):
        ending, subtype = FORMATS[number % len(FORMATS)]
        rate = 48_000 if subtype == "OPUS" else RATES[number // len(FORMATS) % len(RATES)]
        time_ = np.arange(round(seconds * rate))[:, None] / rate
        tones = np.sin(2 * np.pi * rng.uniform(100, 4000, 2) * time_)
        paths.append(folder / f"{number:06}.{ending}")
        soundfile.write(paths[-1], 0.3 * tones + rng.normal(0, 0.05, tones.shape), rate, subtype=subtype)
    return paths


def write_hour(path: Path, minutes: int) -> None:
    """Write one long file, minute by minute."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", 44_100, 1) as file:
        for _ in range(minutes):
            file.write(rng.normal(0, 0.1, 60 * 44_100))


def made_release(folder: Path, is_narrow: bool) -> object:
    """Write generated weights, and return them as a release; the tests' own makers of them do."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    import vggish

    values, components = vggish.variables(vggish.TINY if is_narrow else vggish.FULL), vggish.pca()
    vggish.write_release(folder, values, components)
    return vggish.release(folder, vggish.figures_of(values, components))


def embed_all(paths: list[Path], vggish: Path, release: object, threads: int) -> dict[str, float]:
    """Embed files; return seconds, those of all cores, clips, and peaks of memory after a tenth and at the end."""
    from recstore.progress import Progress
    from recstore.sound import weights
    from recstore.sound.embedding import embed_files, network_of

    released = weights.RELEASE
    weights.RELEASE = release or released
    try:
        network = network_of(vggish, Progress())
    finally:
        weights.RELEASE = released
    begun, cores = time.perf_counter(), sum(os.times()[:4])
    clips, sound, early = 0, 0.0, 0
    for number, one in enumerate(embed_files(paths, network, threads), 1):
        assert one.reason is None, one.reason
        clips, sound = clips + len(one.frames), sound + one.seconds
        if number <= max(1, len(paths) // 10):
            early = _peak()
    taken = time.perf_counter() - begun
    return {
        "seconds": taken, "cores": sum(os.times()[:4]) - cores, "clips": clips, "sound": sound, "early": early,
        "peak": _peak(),
    }  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--vggish", type=Path)
    parser.add_argument("--narrow", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("making sounds and weights")
        release = None if given.vggish else in_own_process(made_release, folder, given.narrow)
        paths = write_sounds(folder, given.files, given.seconds)
        write_hour(folder / "long.flac", given.minutes)
        print(f"{given.files} files of {given.seconds:g} s, {len(FORMATS)} formats; one of {given.minutes} minutes\n")
        for what, chosen in (("the files", paths), ("the long one", [folder / "long.flac"])):
            found = in_own_process(embed_all, chosen, given.vggish or folder, release, given.threads)
            row(f"{what}: files a second", f"{len(chosen) / found['seconds']:.2f}")
            row(f"{what}: times faster than it plays, on each core", f"{found['sound'] / found['cores']:.0f}")
            peaks = (f"{found['early'] / 1e6:,.0f} MB", f"{found['peak'] / 1e6:,.0f} MB")
            row(f"{what}: peak after a tenth, and at the end", *peaks)


if __name__ == "__main__":
    main()
