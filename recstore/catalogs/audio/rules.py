"""What must hold of the values of clips and their frames."""

from __future__ import annotations

from recstore.catalogs.rules import Rule, Within

#: Up to here a FLOAT tells one second from the next.
_LAST_SECOND = 16_777_216

CLIP_TIMES = (
    Within("start_seconds", 0, _LAST_SECOND, f"no time from 0 to {_LAST_SECOND} seconds"),
    Within("end_seconds", "start_seconds", _LAST_SECOND, f"no time from the start to {_LAST_SECOND} seconds"),
)
CLIPS = (
    Rule("video_id", "video_id <> ''", "video_id is missing"),
    *CLIP_TIMES,
    Rule("labels", "len(labels) = list_count(labels)", "no list of names"),
)
FRAMES = (Rule("frames", "len(frames) = 1280 AND list_count(frames) = 1280", "not 10 seconds of 128 bytes"),)
