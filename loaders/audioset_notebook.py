"""Reads the original notebook's file, `music_set.json`: a JSON string that holds a list of clips as Python writes it.

Each clip is `{'label': [int, …], 'video_id': bytes or text, 'start_time': [float], 'end_time': [float], 'data': 1,280
numbers}`. It is parsed as a literal, never evaluated.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recstore.errors import SourceError

from .audioset_records import FRAME_BYTES

#: What decides where a clip ends: strings, in which a bracket is none, and brackets.
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[][{}()]""", re.DOTALL)


def is_of_notebook(path: Path) -> bool:
    """Tell whether a JSON file holds a string, and not a list."""
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b'"'


def write_as_export(path: Path, target: Path, names: Sequence[str]) -> None:
    """Write the clips of a notebook's file as `recstore export-audio-json` would; `names` are those of the labels.

    What cannot be parsed of a clip is left out, or stands as its `_rs_fault`.
    """
    with target.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, text in enumerate(_clips(path)):
            file.write(",\n" if number else "\n")
            json.dump(_exported(text, names), file)
        file.write("\n]\n")


def _clips(path: Path) -> Iterator[str]:
    """Yield the text of each clip."""
    try:
        text = json.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not an export of audio clips: it is not in UTF-8.") from error
    except ValueError as error:
        raise SourceError(f"{path} is not an export of audio clips: {error}.") from error
    if not isinstance(text, str) or text.lstrip()[:1] != "[":
        raise SourceError(f"{path} is not an export of audio clips: it is a text, and no list of clips.")
    depth, start = 0, 0
    for found in _TOKEN.finditer(text):
        if found[0] in "[{(":
            depth += 1
            start = found.start() if depth == 2 else start
        elif found[0] in "]})":
            depth -= 1
            if depth == 1:
                yield text[start : found.end()]
    if depth:
        raise SourceError(f"{path} is cut short: its list of clips does not end.")


def _exported(text: str, names: Sequence[str]) -> dict[str, Any]:
    try:
        clip = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {"_rs_fault": "not a clip as Python writes it"}
    if not isinstance(clip, dict):
        return {"_rs_fault": "not a clip as Python writes it"}
    video = clip.get("video_id")
    if isinstance(video, bytes):
        try:
            video = video.decode()
        except UnicodeDecodeError:
            return {"_rs_fault": "video_id is not valid UTF-8"}
    found = {
        "video_id": video,
        "start_seconds": _single(clip.get("start_time")),
        "end_seconds": _single(clip.get("end_time")),
        "labels": _labels(clip.get("label"), names),
        "frames": _frames(clip.get("data")),
    }
    try:
        # What JSON has no words for, such as a set or a complex number, is none of these values.
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError):
        return {"_rs_fault": "a value that is neither a number, a text nor a list of them"}
    return found


def _single(value: object) -> object:
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def _labels(value: object, names: Sequence[str]) -> object:
    """Return the names of labels that are numbers."""
    if isinstance(value, int):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    return [
        names[one]
        if isinstance(one, int) and 0 <= one < len(names)
        else f"label {one}"
        if isinstance(one, int)
        else one
        for one in value
    ]


def _frames(value: object) -> object:
    """Return a list of numbers in pieces of 128; what lies in pieces already stays so."""
    if not isinstance(value, list | tuple) or any(isinstance(one, list | tuple) for one in value):
        return value
    return [value[start : start + FRAME_BYTES] for start in range(0, len(value), FRAME_BYTES)]
