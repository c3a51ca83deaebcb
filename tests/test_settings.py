"""The caller's settings change no answer: every function gives the same rows under every setting that DuckDB has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shells
from repeated import repeated

import recstore
from recstore import attach_script, saved_queries

QUESTIONS = (
    "FROM rec.similar_movies(1, k := 12)",
    "FROM rec.similar_movies((SELECT max(title) FROM rec.movies), space := ['collaborative', 'content'])",
    "FROM rec.similar_movies(1, k := 120)",
    "FROM rec.similar_movies(1, filter := year > 1980)",
    "FROM rec.nearest_movies((SELECT vector FROM rec.movie_vectors WHERE movie_id = 2 AND space = 'content'), "
    "space := 'content')",
    "FROM rec.find_movies('the ninth', k := 20)",
    "FROM rec.recommend_movies(1, k := 12)",
    "FROM rec.recommend_movies(999999, filter := n_ratings > 3)",
    "FROM rec.recommend_for([3, 2, 1], disliked := [4], filter := year > 1900)",
    "FROM rec.recommend_for((SELECT list(title ORDER BY movie_id ASC) FROM rec.movies WHERE movie_id < 4))",
    "FROM rec.recommend_for([])",
    "FROM rec.movies_about('comedy about jazz and time', k := 12)",
    "FROM rec.why_similar(1, 2)",
    "SELECT w.a, s.* FROM (VALUES (1), (2)) AS w(a), rec.similar_movies(w.a, k := 3) AS s ORDER BY 1 ASC, 2 ASC",
    "SELECT w.a, s.* FROM (VALUES (1), (2)) AS w(a), rec.recommend_movies(w.a, k := 3) AS s ORDER BY 1 ASC, 2 ASC",
    "SELECT * FROM rec.similar_movies_view WHERE movie_id = 1 AND space = 'hybrid' ORDER BY rank ASC",
    "FROM rec.similar_audio(1, k := 12)",
    "FROM rec.nearest_audio((SELECT vector FROM rec.audio_vectors WHERE clip_id = 1 AND space = 'mean'))",
    "FROM rec.find_audio('guitar')",
    "FROM rec.why_audio(1, 2)",
    "FROM rec.audio_vector((SELECT frames FROM rec.audio_frames WHERE clip_id = 1))",
)
HEALTH = 'SELECT "check", is_sound, faults FROM rec.store_health ORDER BY 1 ASC'

#: Another value than the default, where the type of a setting does not say one, or more than one.
VALUES = {
    "Calendar": ["japanese"],
    "TimeZone": ["Asia/Tokyo"],
    "allow_extension_repositories": ["forbidden"],
    "arrow_output_version": ["1.4"],
    "catalog_error_max_schemas": ["0"],
    "current_transaction_invalidation_policy": ["ALL_ERRORS_INVALIDATE_TRANSACTION"],
    "debug_window_mode": ["combine", "separate"],
    "default_block_size": ["16384"],
    "default_collation": ["NOCASE", "NOACCENT", "NOCASE.NOACCENT"],
    "default_null_order": ["NULLS_FIRST", "sqlite"],
    "default_order": ["DESC"],
    "default_transaction_invalidation_policy": ["STANDARD_POLICY"],
    "dialect_compatibility_mode": ["SPARK"],
    "external_file_cache_local_max_block_size": ["4096"],
    "external_file_cache_remote_max_block_size": ["4096"],
    "external_file_cache_remote_min_block_size": ["8192"],
    "explain_output": ["ALL"],
    "initial_column_segment_size": ["4096"],
    "lambda_syntax": ["DISABLE_SINGLE_ARROW", "ENABLE_SINGLE_ARROW"],
    "logging_level": ["ERROR"],
    "max_expression_depth": ["300", "100000"],
    "max_memory": ["500MB"],
    "max_streaming_buffer_size": ["1KB"],
    "memory_limit": ["400MB"],
    "null_order": ["NULLS_FIRST"],
    "operator_memory_limit": ["100MB"],
    "pin_threads": ["on"],
    "preserve_identifier_case": ["lowercase", "false"],
    "regex_match_operator_semantics": ["full"],
    "schema": ["other.main"],
    "search_path": ["other", "other,rec_store"],
    "show_behavior": ["setting"],
    "storage_block_prefetch": ["DEBUG_FORCE_ALWAYS"],
    "streaming_buffer_size": ["1KB"],
    "table_function_identifier_conversion": ["ENABLE_IMPLICIT_STRING"],
    "threads": ["1", "3"],
    "worker_threads": ["3"],
}
#: What is not tried, and why.
LEFT_OUT = {
    "Not in a session, or only with another setting": (
        "access_mode allow_unredacted_secrets allow_unsigned_extensions custom_user_agent "
        "disable_database_invalidation duckdb_api extension_repository_directory external_threads "
        "standard_vector_size warnings_as_errors"
    ),
    "Ends what takes long, or forbids all that comes after": "max_execution_time lock_configuration",
    "Of files, addresses, extensions, users and secrets: a function reads only the store": (
        "active_grammar_extensions allow_parser_override_extension allowed_configs allowed_directories allowed_paths "
        "autoinstall_extension_repository current_dialect custom_extension_repository default_secret_storage "
        "disabled_filesystems extension_directories extension_directory external_file_cache_request_sizing "
        "file_search_path home_directory http_logging_output http_proxy http_proxy_password http_proxy_username "
        "json_geometry_format password secret_directory temp_directory user username validate_external_file_cache"
    ),
    "Of writing, of memory that is kept, and of logs and profiles": (
        "allocator_bulk_deallocation_flush_threshold allocator_flush_threshold block_allocator_memory "
        "checkpoint_on_detach checkpoint_threshold custom_profiling_settings disabled_compression_methods "
        "disabled_log_types enable_profiling enabled_log_types force_bitpacking_mode force_compression fsync_mode "
        "log_query_path logging_mode logging_storage max_temp_directory_size profile_output profiling_coverage "
        "profiling_mode profiling_output profiling_renderer_settings storage_compatibility_version tracked_metrics "
        "wal_autocheckpoint write_buffer_row_group_memory_limit"
    ),
}
#: What clients of every version have, and what once changed an answer or might.
IN_SHELLS = {
    "integer_division": "true",
    "default_order": "'DESC'",
    "default_null_order": "'NULLS_FIRST'",
    "default_collation": "'NOCASE'",
    "ieee_floating_point_ops": "false",
    "old_implicit_casting": "true",
    "scalar_subquery_error_on_multiple_rows": "false",
    "lambda_syntax": "'DISABLE_SINGLE_ARROW'",
    "order_by_non_integer_literal": "true",
    "enable_macro_dependencies": "true",
    "preserve_insertion_order": "false",
    "perfect_ht_threshold": "1",
    "threads": "1",
    "TimeZone": "'Asia/Tokyo'",
    "enable_optimizer": "false",
}


@pytest.fixture(scope="module")
def store(sample_folder, tmp_path_factory) -> Path:
    """A store of both catalogues."""
    folder = tmp_path_factory.mktemp("both")
    rng = np.random.default_rng(0)
    names = ["Music", "Guitar", "Jazz", "Opera"]
    mids = ["/m/04rlf", "/m/1", "/m/2", "/m/3"]
    lines = [f"{n},{mid},{name}" for n, (mid, name) in enumerate(zip(mids, names, strict=True))]
    (folder / "class_labels_indices.csv").write_text("index,mid,display_name\n" + "\n".join(lines) + "\n")
    ontology = [{"id": mid, "child_ids": mids[1:] if mid == mids[0] else []} for mid in mids]
    (folder / "ontology.json").write_text(json.dumps(ontology))
    clips = [
        {"video_id": f"video{n:06}", "start_seconds": 10.0 * (n % 7), "end_seconds": 10.0 * (n % 7) + 10,
         "labels": ["Music", names[1 + n % 3]], "split": "bal_train",
         "frames": rng.integers(0, 256, (10, 128)).tolist()}
        for n in range(40)
    ]  # fmt: skip
    (folder / "clips.json").write_text(json.dumps(clips))
    path = folder / "both.duckdb"
    recstore.build(path, {"movielens": sample_folder, "audioset": folder / "clips.json"})
    return path


def attached(store: Path, settings: dict[str, str]) -> duckdb.DuckDBPyConnection:
    """A connection of somebody's, with tables of the same names, a store attached to it, and then the settings."""
    con = duckdb.connect()
    con.execute("ATTACH ':memory:' AS other; CREATE TABLE other.movies AS SELECT 1 AS movie_id")
    recstore.attach(con, store)
    for name, value in settings.items():
        con.execute(f"SET \"{name}\" = '{value}'")
    con.execute("SET enable_progress_bar_print = false")
    return con


def answers(con: duckdb.DuckDBPyConnection, questions: Sequence[str]) -> dict[str, str]:
    return {question: repr(con.execute(question).fetchall()) for question in questions}


def values_of_all_settings() -> dict[str, list[str]]:
    """For every setting of this DuckDB that is not left out, the values to try."""
    with duckdb.connect() as con:
        optimizers = [name for (name,) in con.execute("FROM duckdb_optimizers()").fetchall()]
        settings = con.execute("SELECT name, value, input_type FROM duckdb_settings()").fetchall()
    known = VALUES | {"disabled_optimizers": [",".join(optimizers), ",".join(optimizers[::2])]}
    left_out = set(" ".join(LEFT_OUT.values()).split())
    found = {}
    for name, value, kind in settings:
        if name in left_out:
            continue
        other = {
            "BOOLEAN": "false" if value in ("true", "1") else "true",
            "BIGINT": "1",
            "UBIGINT": "1",
            "DOUBLE": "0.5",
        }
        assert name in known or kind in other, f"{name} ({kind}) is a new setting: say which values to try, or why none"
        found[name] = known.get(name) or [other[kind]]
    return found


@pytest.fixture(scope="module")
def right(store) -> dict[str, str]:
    with attached(store, {}) as con:
        found = answers(con, [*QUESTIONS, HEALTH])
    assert all(rows != "[]" for rows in found.values())
    return found


@pytest.mark.parametrize("turn", range(3))
def test_all_settings_at_once(store, right, turn):
    """Each with a value that is not its default; where that makes a difference, those are told that make it alone."""
    # Closes the way to files for good, so it comes last.
    settings = {name: values[turn % len(values)] for name, values in values_of_all_settings().items()}
    closing = settings.pop("enable_external_access")
    with attached(store, settings | {"enable_external_access": closing}) as con:
        found = answers(con, QUESTIONS)
    if different := [question for question in QUESTIONS if found[question] != right[question]]:
        alone = []
        for name, value in settings.items():
            with attached(store, {name: value}) as con:
                if answers(con, different[:1])[different[0]] != right[different[0]]:
                    alone.append(name)
        pytest.fail(f"{alone} make a difference to {different}")


@pytest.mark.parametrize(
    "settings",
    [{"integer_division": "true"}, {"default_order": "DESC"}, {"default_null_order": "NULLS_FIRST"},
     {"default_collation": "NOCASE"}, {"integer_division": "true", "default_order": "DESC", "threads": "1"}],
    ids=" ".join,
)  # fmt: skip
def test_settings_that_once_changed_answers(store, right, settings):
    with attached(store, settings) as con:
        assert answers(con, [*QUESTIONS, HEALTH]) == right


def test_settings_from_before_the_store_was_attached(store, right):
    """They hold while recstore brings the store in, and while Annoy is asked."""
    with duckdb.connect(
        config={"integer_division": True, "default_order": "DESC", "default_null_order": "first"}
    ) as con:
        recstore.attach(con, store, exact=False)
        annoy = answers(con, QUESTIONS)
    with duckdb.connect() as con:
        recstore.attach(con, store, exact=False)
        assert annoy == answers(con, QUESTIONS)


def test_saved_queries(store):
    def rows(*settings: str) -> dict[str, str]:
        with recstore.connect(store) as con:
            for setting in settings:
                con.execute(f"SET {setting}")
            return {query.name: repr(con.execute(query.text).fetchall()) for query in saved_queries()}

    changed = rows(
        "integer_division = true", "default_order = 'DESC'", "default_null_order = 'NULLS_FIRST'", "threads = 1"
    )
    assert changed == rows()


@pytest.mark.parametrize("client", repeated(["shell-1.4", "shell-1.5", "python-1.4", "python-1.5"]))
def test_other_versions(client, store, tmp_path):
    """Functions of the attach script, and those that are stored in the file."""
    stored = [re.sub(r"\brec\.(\w+)\(", r"\1(", question).replace("rec.", "") for question in QUESTIONS]
    known = settings_of(client, tmp_path)
    settings = [f"SET {name} = {value}" for name, value in IN_SHELLS.items() if name.lower() in known]
    assert len(settings) > 12
    results = []
    for before in ([], settings):
        for database, opened, questions in (
            (":memory:", [*before, attach_script(store).rstrip(";\n")], QUESTIONS),
            (str(store), before, stored),
        ):
            place = tmp_path / f"{len(results)}"
            place.mkdir()
            copies = [f"COPY ({query}) TO '{place}/{n}.csv'" for n, query in enumerate(questions)]
            shells.run(client, database, [*opened, *copies], tmp_path)
            results.append([(place / f"{n}.csv").read_text() for n in range(len(questions))])
    assert results[0] == results[1] == results[2] == results[3]


def settings_of(client: str, folder: Path) -> set[str]:
    file = folder / "settings.csv"
    shells.run(
        client, ":memory:", [f"COPY (SELECT lower(name) FROM duckdb_settings()) TO '{file}' (HEADER false)"], folder
    )
    return set(file.read_text().split())
