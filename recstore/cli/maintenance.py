"""What the commands that look after a store print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from recstore import (
    RecstoreError,
    backup,
    check,
    diff,
    first_fault,
    manifest,
    manifest_differences,
    restore,
    rollback,
    same_content,
)
from recstore.cli.console import print_data, say
from recstore.cli.output import write_result
from recstore.cli.watching import watch
from recstore.errors import UnsoundError
from recstore.text import read_file
from recstore.tools import open_connection


def run_check(store: Path, as_json: bool, untrusted: bool) -> None:
    """Print what was checked, and raise the first fault."""
    findings = check(store, untrusted=untrusted)
    if as_json:
        import json

        listed = [asdict(finding) for finding in findings]
        print_data(json.dumps(listed, indent=2, ensure_ascii=sys.stdout.isatty()) + "\n")
    else:
        _print(findings, "SELECT \"check\", coalesce(fault, 'sound') AS result, means")
    if fault := first_fault(findings):
        raise UnsoundError(f"{fault}.")


def run_rollback(store: Path, discard: bool, wait: float) -> None:
    """Swap the version before back, and say where the other is."""
    place = rollback(store, discard=discard, wait=wait, progress=watch(quiet=False))
    say(f"{store} is the version before again. What it replaced is {place}; a second rollback swaps them back.")


def run_backup(store: Path, file: Path, overwrite: bool, wait: float, untrusted: bool) -> None:
    """Copy a store, and say where the copy is."""
    backup(store, file, overwrite=overwrite, wait=wait, untrusted=untrusted, progress=watch(quiet=False))
    say(f"{file} is a copy of {store} ({file.stat().st_size / 1e6:,.1f} MB). recstore restore brings it back.")


def run_restore(store: Path, file: Path, discard: bool, wait: float, untrusted: bool) -> None:
    """Put a copy in place, and say where the store before is."""
    place = restore(store, file, discard=discard, wait=wait, untrusted=untrusted, progress=watch(quiet=False))
    say(f"{store} is a copy of {file}." + (f" What it replaced is {place}." if place else ""))


def run_diff(store: Path, other: Path | None, exit_code: bool, untrusted: bool) -> None:
    """Print the rows that differ by table, and the items whose neighbours changed."""
    tables, spaces = diff(store, other, untrusted=untrusted)
    _print(tables, 'SELECT "table", before, now, coalesce(now, 0) - coalesce(before, 0) AS difference, removed, added')
    if spaces:
        print()
        _print(spaces, 'SELECT catalog, space, items, changed AS "top 10 changed"')
    if exit_code and not same_content(tables):
        raise RecstoreError("They do not hold the same.")


def run_manifest(store: Path, verify: Path | None, untrusted: bool) -> None:
    """Print the manifest, or compare the store with one."""
    import json

    found = manifest(store, untrusted=untrusted)
    if verify is None:
        print_data(json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
        return
    try:
        recorded = json.loads(read_file(verify))
    except (ValueError, RecursionError) as error:
        raise RecstoreError(f"{verify} is no manifest ({error}): recstore manifest STORE > FILE writes one.") from error
    if told := manifest_differences(recorded, json.loads(json.dumps(found))):
        raise RecstoreError(f"{store} is not what {verify} describes. {'; '.join(told[:5])}.")
    say(f"{store} is what {verify} describes.")


def _print(rows: Sequence[Any], select: str) -> None:
    """Print dataclasses as a table, one row each."""
    names = [field.name for field in fields(rows[0])]
    values = {name: [getattr(row, name) for row in rows] for name in names}
    lists = ", ".join(f'unnest(${name}) AS "{name}"' for name in names)
    with open_connection() as connection:
        write_result(connection, f"{select} FROM (SELECT {lists})", values=dict(values))
