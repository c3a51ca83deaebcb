"""The commands that look after a store: check, versions, what changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import duckdb

from recstore import RecstoreError, check
from recstore.cli.output import write_result
from recstore.soundness import first_fault


def run_check(store: Path, as_json: bool) -> None:
    """Print what was checked, and raise the first fault."""
    findings = check(store)
    if as_json:
        import json

        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        columns = {
            "check": [finding.check for finding in findings],
            "result": [finding.fault or "sound" for finding in findings],
            "means": [finding.means for finding in findings],
        }
        with duckdb.connect() as connection:
            listed = 'SELECT unnest($check) AS "check", unnest($result) AS result, unnest($means) AS means'
            write_result(connection, listed, values=dict(columns))
    if fault := first_fault(findings):
        raise RecstoreError(f"{fault}.")
