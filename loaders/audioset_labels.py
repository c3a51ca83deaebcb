"""AudioSet's labels and ontology: which label is which, and which of them are music."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recstore.errors import OptionError, SourceError
from recstore.fetch import cache_folder, download
from recstore.progress import Progress

#: The class "Music" of the ontology, whose subtree is the default filter.
MUSIC = "/m/04rlf"

LABELS_FILE = "class_labels_indices.csv"
ONTOLOGY_FILE = "ontology.json"
_ADDRESSES = {
    LABELS_FILE: "https://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv/class_labels_indices.csv",
    ONTOLOGY_FILE: "https://raw.githubusercontent.com/audioset/ontology/master/ontology.json",
}


@dataclass(frozen=True)
class Labels:
    """The labels in the order of their ids: machine ids, names, and whether each is music by the filter."""

    mids: list[str]
    names: list[str]
    is_music: npt.NDArray[np.bool_]

    def masks(self, narrowed_to: str) -> list[npt.NDArray[np.bool_]]:
        """Return the masks (n_labels,) of which a clip must meet each: music, and the one label if there is one."""
        if not narrowed_to:
            return [self.is_music]
        chosen = np.array([name.casefold() == narrowed_to.casefold() for name in self.names])
        if not chosen.any():
            near = [name for name in self.names if narrowed_to.casefold() in name.casefold()][:5]
            hint = f" Did you mean: {'; '.join(near)}?" if near else ""
            raise OptionError(f"There is no AudioSet label {narrowed_to!r}.{hint}")
        return [self.is_music, chosen]


def read_labels(beside: Path, music_filter: str, progress: Progress) -> Labels:
    """Read the labels from the files beside the source, else from the cache, else fetch them.

    `music_filter` is `ontology` (the subtree of Music) or `name` (names that contain "music", in any case).
    """
    path = _find(LABELS_FILE, beside, progress)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: int(row["index"]))
        mids, names = [row["mid"] for row in rows], [row["display_name"] for row in rows]
        indices = [int(row["index"]) for row in rows]
    except (KeyError, ValueError, TypeError) as error:
        raise SourceError(f"{path} is not AudioSet's list of labels (index, mid, display_name).") from error
    if not rows or indices != list(range(len(rows))):
        raise SourceError(f"{path} does not number its labels 0, 1, 2 and so on; fetch it again.")
    if music_filter == "name":
        is_music = np.array(["music" in name.casefold() for name in names])
    else:
        subtree = _subtree(_find(ONTOLOGY_FILE, beside, progress))
        is_music = np.array([mid in subtree for mid in mids])
    return Labels(mids, names, is_music)


def _find(name: str, beside: Path, progress: Progress) -> Path:
    cached = cache_folder() / "datasets" / name
    for path in (beside / name, beside.parent / name, cached):
        if path.is_file():
            return path
    try:
        return download(_ADDRESSES[name], cached, progress)
    except SourceError as error:
        raise SourceError(
            f"{name} is neither beside the source nor can it be fetched. Put it into {beside}: {error}"
        ) from error


def _subtree(path: Path) -> set[str]:
    try:
        classes = json.loads(path.read_text(encoding="utf-8"))
        children = {entry["id"]: entry["child_ids"] for entry in classes}
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is not the AudioSet ontology: a JSON list of classes with child_ids.") from error
    found: set[str] = set()
    waiting = [MUSIC]
    while waiting:
        mid = waiting.pop()
        if mid not in found:
            found.add(mid)
            waiting += children.get(mid, [])
    return found
