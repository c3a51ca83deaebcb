"""Installs, under .clients/, the other versions of DuckDB and the other clients that the tests ask the same questions.

Each is locked with its hashes in a file of this folder and installed into a folder of its own. Node is used where it
is there; without it the tests that need it are skipped, with that reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / ".clients"


def _stamp(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _install(name: str, locks: list[Path], install: list[str], target: Path) -> None:
    stamp = CLIENTS / f"{name}.installed"
    if stamp.exists() and stamp.read_text() == _stamp(*locks):
        return
    print(f"installing {name}", file=sys.stderr)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if name == "node":
        for lock in locks:
            shutil.copy(lock, target)
    subprocess.run(install, check=True, cwd=target, stdout=subprocess.DEVNULL, env={**os.environ, "CI": "true"})
    for binary in (target / "bin").glob("duckdb"):
        binary.chmod(0o755)  # pip --target forgets it
    stamp.write_text(_stamp(*locks))


def _unpack_chromium(folder: Path) -> None:
    """Unpack the browser that a package for Node has in itself; one on the PATH comes before it."""
    if (folder / "chromium").exists():
        return
    folder.mkdir(exist_ok=True)
    unpack = "import one from '@sparticuz/chromium'; await one.executablePath();"
    command = ["node", "--input-type=module", "--eval", unpack]
    done = subprocess.run(command, cwd=CLIENTS / "node", env={**os.environ, "TMPDIR": str(folder)}, check=False)
    if done.returncode:
        print("no browser was unpacked: the tests that need one are skipped", file=sys.stderr)


def main() -> None:
    """Install whatever is missing or not as locked."""
    for lock in sorted(HERE.glob("*.txt")):
        target = CLIENTS / lock.stem
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--require-hashes", "--target", str(target), "-r", str(lock)]  # fmt: skip
        _install(lock.stem, [lock], command, target)
    npm = shutil.which("npm")
    if npm:
        locks = [HERE / "node" / "package.json", HERE / "node" / "package-lock.json"]
        _install(
            "node",
            locks,
            [npm, "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
            CLIENTS / "node",
        )
        _unpack_chromium(CLIENTS / "chromium")


if __name__ == "__main__":
    main()
