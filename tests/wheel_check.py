"""Builds the wheel from the sdist, installs it in an empty environment, and uses it there as a stranger would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import pages
from conftest import DATA

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Raise where anything is missing in what a user would install."""
    with tempfile.TemporaryDirectory(prefix="recstore-wheel-") as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = folder.glob("*.whl")
        tops = {member.split("/")[0] for member in zipfile.ZipFile(wheel).namelist()}
        assert tops == {"recstore", next(top for top in tops if top.endswith(".dist-info"))}, tops

        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        # The locked versions, as constraints: the wheel itself decides which of them it needs.
        lock = (ROOT / "requirements.lock").read_text()
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(line.rstrip(" \\") for line in re.findall(r"^[a-z].*$", lock, re.M)))
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", constraints, wheel]
        subprocess.run(install, check=True)
        listed = subprocess.run([python, "-m", "pip", "list"], check=True, capture_output=True, text=True).stdout
        assert "pytest" not in listed

        _walk(folder / "newcomer", wheel, constraints)

        empty = folder / "empty"
        empty.mkdir()
        recstore = folder / "env" / "bin" / "recstore"
        demo = subprocess.run([recstore, "demo"], check=True, cwd=empty, capture_output=True, text=True).stdout
        assert "Movies like Ninth Horizon (1979)" in demo, demo
        subprocess.run([recstore, "info", "recstore-demo.duckdb"], check=True, cwd=empty, stdout=subprocess.DEVNULL)
        typed = "import recstore, importlib.resources as r; assert (r.files('recstore') / 'py.typed').is_file()"
        subprocess.run([python, "-c", typed], check=True, cwd=empty)
    print("the wheel is sound")


def _walk(folder: Path, wheel: Path, constraints: Path) -> None:
    """Go the newcomer's path, the tutorial, installing what it installs: from an empty folder with only the wheel."""
    release = DATA / "ml-latest-small"
    if not release.exists() or not shutil.which("npm"):
        print("the tutorial was not run: it needs Node and MovieLens small", file=sys.stderr)
        return
    folder.mkdir()
    shutil.copy(wheel, folder)
    (folder / "ml-latest-small").symlink_to(release)
    shell = (ROOT / "tests" / "clients" / "shell-1.5.txt").read_text()
    with constraints.open("a") as file:
        file.write("\n" + "\n".join(line.rstrip(" \\") for line in re.findall(r"^duckdb-cli==.*$", shell, re.M)) + "\n")
    os.environ["PIP_CONSTRAINT"] = str(constraints)
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    pages.check(ROOT / "docs" / "tutorial.md", folder, installs=True)


if __name__ == "__main__":
    main()
