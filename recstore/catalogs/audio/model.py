"""What computes the catalogue of audio clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from recstore.catalogs.audio.catalog import AUDIO
from recstore.catalogs.audio.options import AudioOptions
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel, Export, PythonFunction

if TYPE_CHECKING:
    import duckdb

    from recstore.budget import Budget, Needs
    from recstore.evaluation.results import Evaluation
    from recstore.models.space import Space
    from recstore.options import BuildOptions
    from recstore.progress import Progress, Stages


class Audio(CatalogModel):
    """Computes clips of music from their embeddings and labels."""

    catalog: Catalog = AUDIO
    options: ClassVar[type[AudioOptions]] = AudioOptions
    imports: ClassVar[tuple[str, ...]] = ("recstore.catalogs.audio.spaces",)
    export: ClassVar[Export | None] = Export(
        "recstore.catalogs.audio.sql",
        "exported",
        "clips",
        "Write the trimmed audio clips as JSON: video id, start, end, labels and the 10 x 128 bytes.",
        "music.duckdb clips.json",
    )
    python_functions: ClassVar[tuple[PythonFunction, ...]] = (
        PythonFunction("embed_audio", "recstore.catalogs.audio.files", {"path": "VARCHAR"}, "UTINYINT[]"),
    )
    always: ClassVar[bool] = True

    def needs(self, connection: duckdb.DuckDBPyConnection, options: BuildOptions) -> Needs:
        """Return what a build holds whole: the frames, what labels are learnt from, the vectors, TensorFlow."""
        from recstore.catalogs.audio.spaces import needs

        return needs(connection, options)

    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the spaces `mean`, `sequence` where it is asked for, and `labels` where there are enough of them."""
        from recstore.catalogs.audio.spaces import spaces

        return spaces(connection, options, budget, progress)

    def vector_of_file(
        self, connection: duckdb.DuckDBPyConnection, path: str, space: str, weights: str, progress: Progress
    ) -> list[float]:
        """Return the vector of all seconds of a sound file."""
        from recstore.catalogs.audio.files import vector_of_file

        return vector_of_file(connection, path, space, weights, progress)

    def unwanted(self, changes: Mapping[str, object]) -> Iterable[str]:
        """Return `sequence` where it is told not to be made."""
        return ("sequence",) if changes.get("audio_sequence") is False else ()

    def evaluate(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, seed: int, budget: Budget, stages: Stages
    ) -> Iterable[Evaluation]:
        """Measure whether the clips that are found have a label of the clip that was asked about."""
        from recstore.catalogs.audio.evaluation import evaluate

        return evaluate(connection, options, seed, budget, stages)
