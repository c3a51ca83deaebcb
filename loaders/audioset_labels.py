"""AudioSet's labels and ontology: which label is which, and which of them are music."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recstore.errors import OptionError, SourceError
from recstore.progress import Progress
from recstore.sources.download import dataset

#: The class "Music" of the ontology, whose subtree is the default filter.
MUSIC = "/m/04rlf"

#: What the machine ids of labels begin with that are not AudioSet's, but of somebody's own sound files.
OWN_LABEL = "own:"

LABELS_FILE = "class_labels_indices.csv"
ONTOLOGY_FILE = "ontology.json"
_LABEL_COLUMNS = ["index", "mid", "display_name"]
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
    with _found(LABELS_FILE, beside, progress) as path:
        mids, names = _listed(path)
    if music_filter == "name":
        is_music = np.array(["music" in name.casefold() for name in names])
    else:
        with _found(ONTOLOGY_FILE, beside, progress) as path:
            subtree = _subtree(path)
        is_music = np.array([mid in subtree for mid in mids])
    if not is_music.any():
        raise SourceError(
            f"None of the {len(mids)} labels is music by the filter {music_filter!r}: {LABELS_FILE} and "
            f"{ONTOLOGY_FILE} do not belong together, or another --music-filter is wanted."
        )
    return Labels(mids, names, is_music)


def _listed(path: Path) -> tuple[list[str], list[str]]:
    """Return the machine ids and the names of the labels, in the order of their numbers."""
    unlike = f"{path} is not AudioSet's list of labels (index, mid, display_name)"
    rows: list[list[str]] = []
    try:
        # (A byte order mark is no part of the first name.)
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            if [name.strip() for name in next(lines, [])] != _LABEL_COLUMNS:
                raise SourceError(f"{unlike}: it does not begin with these names.")
            for row in lines:
                if row and (len(row) != len(_LABEL_COLUMNS) or not all(field.strip() for field in row)):
                    raise SourceError(
                        f"{path} line {lines.line_num}: {len(row)} fields, and {len(_LABEL_COLUMNS)} are expected, "
                        "none of them empty. A name that holds a comma stands in quotes."
                    )
                if row and not re.fullmatch("[0-9]+", row[0].strip()):
                    raise SourceError(f"{path} line {lines.line_num}: {row[0][:40]!r} is no whole number.")
                rows += [row] if row else []
    except UnicodeDecodeError as error:
        raise SourceError(f"{unlike}: it is not in UTF-8.") from error
    except csv.Error as error:
        raise SourceError(f"{path} line {lines.line_num}: {error}.") from error
    rows.sort(key=lambda row: int(row[0]))
    if not rows or [int(row[0]) for row in rows] != list(range(len(rows))):
        raise SourceError(f"{path} does not number its labels 0, 1, 2 and so on; fetch it again.")
    mids, names = [row[1].strip() for row in rows], [row[2].strip() for row in rows]
    for values in (mids, names):
        if len(set(values)) < len(values):
            twice = next(value for value in values if values.count(value) > 1)
            raise SourceError(f"{path} lists {twice!r} twice; fetch it again.")
    return mids, names


@contextmanager
def _found(name: str, beside: Path, progress: Progress) -> Iterator[Path]:
    for path in (beside / name, beside.parent / name):
        if path.is_file():
            yield path
            return
    with ExitStack() as stack:
        try:
            path = stack.enter_context(dataset(name, _ADDRESSES[name], progress))
        except SourceError as error:
            raise SourceError(
                f"{name} is neither beside the source nor can it be fetched. Put it into {beside}: {error}"
            ) from error
        yield path


def _subtree(path: Path) -> set[str]:
    unlike = f"{path} is not the AudioSet ontology, a JSON list of classes with id and child_ids"
    try:
        children = {entry["id"]: entry["child_ids"] for entry in json.loads(path.read_text(encoding="utf-8-sig"))}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{unlike}.") from error
    for mid, below in children.items():
        if not isinstance(below, list) or not all(isinstance(one, str) for one in (mid, *below)):
            raise SourceError(f"{unlike}: the child_ids of {mid!r} are no list of ids.")
    if MUSIC not in children:
        raise SourceError(f"{unlike}: it has no class {MUSIC}, which is Music.")
    found: set[str] = set()
    waiting = [MUSIC]
    while waiting:
        mid = waiting.pop()
        if mid not in found:
            found.add(mid)
            waiting += children.get(mid, [])
    return found
