"""In which encoding a text is that is not UTF-8, by what its letters are in each that it may be in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

#: So many bytes show it.
_SHOWN = 1 << 20
#: Bytes above ASCII that stand alone: as in Latin-1, where most letters have none.
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_HIGH = re.compile(rb"[\x80-\xff]")


def _share(first: str, last: str) -> Callable[[str], float]:
    """Return what measures how many of the letters beyond ASCII lie between two."""

    def measure(text: str) -> float:
        letters = [one for one in text if one > "\x7f"]
        return sum(first <= one <= last for one in letters) / max(1, len(letters))

    return measure


#: Encodings, what is measured of a text decoded by them, and how much of that is enough; the surest first.
_KNOWN = (
    ("cp932", _share("\u3041", "\u30ff"), 0.1),
    ("euc-jp", _share("\u3041", "\u30ff"), 0.1),
    ("euc-kr", _share("\uac00", "\ud7a3"), 0.7),
    ("gb2312", _share("\u4e00", "\u9fff"), 0.8),
    ("big5", _share("\u4e00", "\u9fff"), 0.8),
    ("cp1251", _share("\u0430", "\u044f"), 0.6),
    ("koi8-r", _share("\u0430", "\u044f"), 0.6),
)
#: What has all of an encoding, and rarer letters.
_WIDER = {"gb2312": "gb18030"}


def encoding_of(path: Path) -> str:
    """Return the likeliest encoding of a text that is not UTF-8; "latin-1" where nothing speaks for another."""
    with path.open("rb") as opened:
        shown = opened.read(_SHOWN)
    shown = shown[: shown.rfind(b"\n") + 1] or shown
    high = len(_HIGH.findall(shown))
    if len(_ALONE.findall(shown)) > 0.3 * high:
        return "latin-1"
    for name, measure, enough in _KNOWN:
        try:
            if measure(shown.decode(name)) >= enough:
                return _WIDER.get(name, name)
        except UnicodeDecodeError:
            continue
    return "latin-1"
