"""Sound files as AudioSet's embeddings: 10 x 128 bytes for each ten seconds, as its clips are."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recstore.progress import Progress
from recstore.sound.decoding import Decoder, UnreadableError
from recstore.sound.front_end import log_mel, n_examples, resampled
from recstore.sound.network import WIDTH, Network
from recstore.sound.weights import VARIABLE, load_weights
from recstore.sources.files import local_path

PIECE_SECONDS = 10
#: A piece has ten examples of 0.96 seconds. One that is shorter is left out.
_EXAMPLES = 10
SHORTEST_SECONDS = 9.615

_lock = threading.Lock()
_loaded: dict[str, Network] = {}


@dataclass
class Embedded:
    """What a file gave: (n, 10, 128) uint8, how many seconds it lasts, and the genres of its tags.

    `left_out` are the seconds at its end that make no piece. `reason` says why it could not be read; then it gave
    nothing.
    """

    path: Path
    frames: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, _EXAMPLES, WIDTH), np.uint8))
    seconds: float = 0.0
    genres: list[str] = field(default_factory=list)
    left_out: float = 0.0
    reason: str | None = None


def embed(
    path: str | os.PathLike[str],
    *,
    vggish: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> npt.NDArray[np.uint8]:
    """Return a sound file in the space of AudioSet's clips: (n, 10, 128) uint8, one row for each 10 seconds.

    The file is decoded as it is embedded, so one of any length takes the same memory. Seconds at its end that are fewer
    than 9.615 give no row. The weights of VGGish are those in the folder `vggish`, else in `$RECSTORE_VGGISH`, else in
    the user's cache, where they are fetched to when they are needed first.

    Raises `SourceError` where the file cannot be read (WAV, FLAC, MP3, OGG, Opus and AIFF can), or the weights are
    neither here nor can be fetched; `MissingExtraError` where the extra `audio` is not installed.
    """
    place = _file(path)
    network = network_of(vggish, progress or Progress())
    with _decoder() as decoder:
        return _embedded(decoder, place, network, tags=False).frames


def embed_files(paths: list[Path], network: Network, threads: int, *, tags: bool = False) -> Iterator[Embedded]:
    """Yield what each file gave, in their order, several being decoded and embedded at a time.

    With `tags` the genres of tags are read, too. A file that cannot be read gives its reason.
    """
    workers = max(1, threads)
    local, decoders = threading.local(), list[Decoder]()

    def work(path: Path) -> Embedded:
        if not hasattr(local, "decoder"):
            local.decoder = Decoder()
            decoders.append(local.decoder)
        try:
            return _embedded(local.decoder, path, network, tags=tags)
        except UnreadableError as error:
            return Embedded(path, reason=error.reason)

    pool = ThreadPoolExecutor(workers)
    running: deque[Future[Embedded]] = deque()
    try:
        for path in paths:
            running.append(pool.submit(work, path))
            if len(running) >= 4 * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        # What is under way ends with its decoder.
        pool.shutdown(wait=False, cancel_futures=True)
        for decoder in decoders:
            decoder.close()
        pool.shutdown()


def network_of(folder: str | os.PathLike[str] | None, progress: Progress) -> Network:
    """Return the network, which is loaded once for a process and a folder of weights."""
    key = os.fspath(folder) if folder else os.environ.get(VARIABLE, "")
    with _lock:
        if key not in _loaded:
            _loaded.clear()
            _loaded[key] = load_weights(folder, progress)
        return _loaded[key]


def forget_network() -> None:
    """Let go of the network, which takes half a gigabyte."""
    with _lock:
        _loaded.clear()


def _file(path: str | os.PathLike[str]) -> Path:
    place = local_path(os.fspath(path))
    if place.is_dir():
        raise UnreadableError(place, "it is a folder")
    if not place.exists():
        raise UnreadableError(place, "there is no such file")
    if not place.is_file():
        raise UnreadableError(place, "it is no file")
    return place


@contextmanager
def _decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    try:
        yield decoder
    finally:
        decoder.close()


def _embedded(decoder: Decoder, path: Path, network: Network, *, tags: bool) -> Embedded:
    """Embed a file piece by piece, each by itself."""
    decoded, pieces = decoder.open(path, tags=tags)
    found, left_out = [], 0.0
    for piece in pieces:
        samples = resampled(piece, decoded.rate)
        if n_examples(len(samples)) < _EXAMPLES:
            left_out = len(piece) / decoded.rate
            continue
        # Ten at a time, always: another number is computed another way, and rounds another way.
        found.append(network.as_bytes(network.embeddings(log_mel(samples)[:_EXAMPLES])))
    frames = np.stack(found) if found else np.empty((0, _EXAMPLES, WIDTH), np.uint8)
    return Embedded(path, frames, decoded.seconds, decoded.genres, left_out)
