"""The catalogue of audio clips, as a value."""

from __future__ import annotations

from recstore.catalogs.audio import rules
from recstore.catalogs.catalog import Catalog, Column, Function, Table

#: A clip of a sound file is named by the file's path: `/music/song.mp3`, or `C:\\music\\song.mp3`. (Spark knows these
#: functions, too; its `url_encode` makes a plus of a blank.)
_ENCODED = "replace(replace(url_encode({}), '%2F', '/'), '+', '%20')"
_ON_WINDOWS = _ENCODED.format("replace(substr($$.video_id, 3), '\\', '/')")
_AT = "'#t=', CAST($$.start_seconds AS INTEGER)"
_URL = (
    f"CASE WHEN $$.video_id LIKE '/%' THEN concat('file://', {_ENCODED.format('$$.video_id')}, {_AT}) "
    f"WHEN $$.video_id LIKE '_:%' THEN concat('file:///', substr($$.video_id, 1, 2), {_ON_WINDOWS}, {_AT}) "
    "ELSE concat('https://www.youtube.com/watch?v=', $$.video_id, '&t=', CAST($$.start_seconds AS INTEGER), 's') END"
)
_LABEL = ("label_id", "audio_labels", "label_id")

AUDIO = Catalog(
    name="audio",
    item="clip",
    items="audio_clips",
    key="clip_id",
    title="video_id",
    columns=(
        Column("clip_id", "INTEGER"),
        Column("video_id", "VARCHAR"),
        Column("start_seconds", "FLOAT"),
        Column("end_seconds", "FLOAT"),
        Column("labels", "VARCHAR[]"),
        Column("url", "VARCHAR", _URL),
    ),
    preference="start_seconds",
    preference_descends=False,
    searched="concat_ws(' ', array_to_string($$.labels, ' '), $$.video_id)",
    drawn="concat_ws(': ', $$.video_id, array_to_string($$.labels[1:2], ', '))",
    vectors="audio_vectors",
    neighbors="audio_neighbors",
    sources=(
        Table("audio_labels", ("label_id",)),
        Table("audio_clips", ("clip_id",), (("clip_id", "audio_frames", "clip_id"),), rules.CLIPS),
        Table("audio_frames", ("clip_id",), (("clip_id", "audio_clips", "clip_id"),), rules.FRAMES),
    ),
    spaces=("labels", "mean"),
    made=("mean", "sequence", "labels"),
    nearest_space="mean",
    schema="recstore.schema.audio",
    depth=50,
    learnt=(
        Table("audio_predictions", ("clip_id", "label_id"), (("clip_id", "audio_clips", "clip_id"), _LABEL)),
        Table("audio_landmarks", ("landmark",)),
        Table("audio_label_weights", ("label_id", "gives"), (_LABEL,)),
    ),
    functions=(
        Function(
            "audio_vector",
            "What brings a new clip into a space, for nearest_audio: audio_vector(frames, space, store)",
        ),
        Function("why_audio", "Why two clips are alike, in one row: why_audio(clip_a, clip_b, store)"),
    ),
)
