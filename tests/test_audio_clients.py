"""similar_audio in stock shells equals NumPy over the stored vectors, whichever way the store is reached."""

from __future__ import annotations

import csv

import duckdb
import numpy as np
import pytest
import shells
from repeated import repeated

from recstore import attach_script

CLIPS = range(5, 8776, 900)
ASKED = f"(SELECT unnest({list(CLIPS)}) AS clip)"
QUESTIONS = {
    "stored": "@similar_audio(clip!)",
    "beyond": "@similar_audio(clip, k := 60!)",
    "sequence": "@similar_audio(clip, k := 50, space := 'sequence'!)",
    "filter": "@similar_audio(clip, k := 20, filter := list_contains(labels, 'Jazz')!)",
}


@pytest.fixture(scope="module")
def expected(audio_store) -> dict[str, list[tuple[int, int, int, float]]]:
    """For each question, its rows (clip asked about, rank, clip, score), computed from nothing but the vectors."""
    with duckdb.connect(str(audio_store), read_only=True) as con:
        spaces = {}
        for space in ("labels", "sequence"):
            query = "SELECT clip_id, vector FROM audio_vectors WHERE space = ? ORDER BY clip_id"
            rows = con.execute(query, [space]).fetchnumpy()
            spaces[space] = rows["clip_id"], np.stack(rows["vector"]).astype(np.float64)
        jazz = con.execute("SELECT clip_id FROM audio_clips WHERE list_contains(labels, 'Jazz')").fetchnumpy()[
            "clip_id"
        ]
    everything = spaces["labels"][0]
    cases = {"stored": ("labels", 10, everything), "beyond": ("labels", 60, everything),
             "sequence": ("sequence", 50, everything), "filter": ("labels", 20, jazz)}  # fmt: skip
    found = {}
    for name, (space, k, among) in cases.items():
        ids, vectors = spaces[space]
        found[name] = []
        for clip in CLIPS:
            score = np.rint(vectors @ vectors[np.flatnonzero(ids == clip)[0]] * 100_000) / 100_000
            kept = (ids != clip) & np.isin(ids, among)
            order = np.lexsort((ids[kept], -score[kept]))[:k]
            rows = zip(ids[kept][order].tolist(), score[kept][order].tolist(), strict=True)
            found[name] += [(clip, rank, other, value) for rank, (other, value) in enumerate(rows, 1)]
    return found


@pytest.mark.parametrize("client", repeated(["shell-1.4", "shell-1.5", "node-1.5"]))
@pytest.mark.parametrize("way", repeated(["directly", "attached", "script"]))
def test_ten_clips_in_stock_shells(client, way, audio_store, expected, tmp_path):
    attach = f"ATTACH '{audio_store}' AS rec (READ_ONLY)"
    database, before, qualifier, argument = {
        "directly": (str(audio_store), [], "", ""),
        "attached": (":memory:", [attach], "rec.", ", store := 'rec'"),
        "script": (":memory:", attach_script(audio_store, "rec").rstrip(";\n").split(";\n"), "rec.", ""),
    }[way]
    statements = [
        f"COPY (SELECT clip, rank, clip_id, score FROM {ASKED}, "
        f"{call.replace('@', qualifier).replace('!', argument)} ORDER BY clip, rank) "
        f"TO '{tmp_path / name}.csv' (HEADER false)"
        for name, call in QUESTIONS.items()
    ]
    shells.run(client, database, before + statements, tmp_path)
    for name, rows in expected.items():
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            found = [(int(a), int(b), int(c), float(d)) for a, b, c, d in csv.reader(file)]
        assert [row[:3] for row in found] == [row[:3] for row in rows], name
        assert [row[3] for row in found] == pytest.approx([row[3] for row in rows], abs=1e-6), name
