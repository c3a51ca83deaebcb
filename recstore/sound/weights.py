"""The released weights of VGGish: from a folder, from the user's cache, or fetched once; verified, and tried out."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore import cache
from recstore.errors import SourceError
from recstore.progress import Progress
from recstore.sound.front_end import RATE, log_mel
from recstore.sound.network import WIDTH, Network, load_network
from recstore.sources.download import dataset
from recstore.sources.files import local_path

VARIABLE = "RECSTORE_VGGISH"
#: How far the figures of the smoke test may be from the published ones.
_TOLERANCE = 0.1


@dataclass(frozen=True)
class ReleasedFile:
    """A file of the release: its name, its size in bytes and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """The two files, the address that they lie under, and what the network makes of a sine of 1 kHz.

    `figures`: mean and standard deviation of the embeddings, then of their bytes.
    """

    address: str
    checkpoint: ReleasedFile
    pca: ReleasedFile
    figures: tuple[float, float, float, float]

    @property
    def files(self) -> tuple[ReleasedFile, ReleasedFile]:
        """Both files."""
        return self.checkpoint, self.pca


#: The release of 2017; the figures are those of its vggish_smoke_test.py.
RELEASE = Release(
    "https://storage.googleapis.com/audioset/",
    ReleasedFile("vggish_model.ckpt", 291_108_469, "0962b1914e3e053922d957c45bc84a78c985765641dc6bceeeb3a7d8dfecfdf6"),
    ReleasedFile("vggish_pca_params.npz", 73_020, "4d878af3e306defbfb37095365aa7e5a6cecb86bad13e859e626151c4e6a8b9d"),
    (0.000657, 0.343, 126.0, 89.3),
)


def weights_wanted(folder: str | os.PathLike[str] | None = None) -> str:
    """Say in a sentence what embedding sound files still lacks: packages, or the weights; "" where all is there.

    `folder` is as in `embed`.
    """
    if any(find_spec(name) is None for name in ("tensorflow", "soundfile", "mutagen")):
        return "pip install 'recstore[audio]'."
    place = _folder(folder) or cache.folder() / cache.DATASETS
    if all((place / file.name).is_file() for file in RELEASE.files):
        return ""
    size = sum(file.bytes for file in RELEASE.files) / 1e6
    when = f"the weights of VGGish ({size:,.0f} MB) are fetched when they are needed first"
    return f"{when}. Or: download {what_to_fetch()}."


def what_to_fetch() -> str:
    """Say which files are needed, and where they are put."""
    first, second = (f"{RELEASE.address}{file.name}" for file in RELEASE.files)
    return f"{first} and {second} into one folder, and pass it as --vggish FOLDER or set {VARIABLE}=FOLDER"


def load_weights(folder: str | os.PathLike[str] | None, progress: Progress) -> Network:
    """Return the network with the weights of `folder`, else of `$RECSTORE_VGGISH`, else of the cache, or fetched.

    Raises `SourceError` where a file is not there, is not the released one, or does not work.
    """
    with _found(_folder(folder), progress) as (checkpoint, pca):
        means, vectors = _pca(pca)
        network = load_network(str(checkpoint), means, vectors)
        _try_out(network, checkpoint.parent)
    return network


def _folder(given: str | os.PathLike[str] | None) -> Path | None:
    named = os.fspath(given) if given else os.environ.get(VARIABLE, "").strip()
    return local_path(named) if named else None


@contextmanager
def _found(folder: Path | None, progress: Progress) -> Iterator[tuple[Path, Path]]:
    with ExitStack() as stack:
        if folder is not None:
            checkpoint, pca = (folder / file.name for file in RELEASE.files)
            for file in RELEASE.files:
                _verify(folder / file.name, file)
        else:
            try:
                checkpoint, pca = (
                    stack.enter_context(dataset(file.name, RELEASE.address + file.name, progress, sha256=file.sha256))
                    for file in RELEASE.files
                )
            except SourceError as error:
                raise SourceError(
                    f"The weights of VGGish are not in the cache, and cannot be fetched: {error} "
                    f"For use offline: download {what_to_fetch()}."
                ) from error
        yield checkpoint, pca


def _verify(path: Path, released: ReleasedFile) -> None:
    if not path.is_file():
        raise SourceError(f"There is no {path}. Download {what_to_fetch()}.")
    size = path.stat().st_size
    if size != released.bytes:
        raise SourceError(
            f"{path} is not the released file: it has {size:,} bytes, and the released one {released.bytes:,}. "
            f"Download {RELEASE.address}{released.name} again."
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != released.sha256:
        raise SourceError(
            f"{path} is not the released file: its SHA-256 is {found}, and that of the released one is "
            f"{released.sha256}. Download {RELEASE.address}{released.name} again."
        )


def _pca(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the PCA's means (128,) and eigenvectors (128, 128)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            means, vectors = found["pca_means"], found["pca_eigen_vectors"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(f"{path} does not hold the arrays pca_means and pca_eigen_vectors.") from error
    if means.size != WIDTH or vectors.shape != (WIDTH, WIDTH):
        raise SourceError(
            f"{path} is not VGGish's: pca_means is of shape {means.shape} and pca_eigen_vectors of {vectors.shape}, "
            f"and ({WIDTH},) and ({WIDTH}, {WIDTH}) are needed."
        )
    return means.reshape(WIDTH), vectors


def _try_out(network: Network, folder: Path) -> None:
    """Refuse weights that make of a sine of 1 kHz something else than what is published."""
    seconds = np.arange(3 * RATE) / RATE
    embeddings = network.embeddings(log_mel(np.sin(2 * np.pi * 1000 * seconds)))
    made = network.as_bytes(embeddings)
    found = (embeddings.mean(), embeddings.std(), made.mean(), made.std())
    if not np.allclose(found, RELEASE.figures, rtol=_TOLERANCE):
        raise SourceError(
            f"The weights in {folder} do not work: a sine of 1 kHz gives embeddings and bytes of means and deviations "
            f"{', '.join(f'{figure:.4g}' for figure in found)}, and published are "
            f"{', '.join(f'{figure:.4g}' for figure in RELEASE.figures)}. TensorFlow on this machine may be at fault."
        )
