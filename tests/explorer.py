"""The page of `recstore explore`, served by a process of its own, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import shells

#: What a browser is called on the PATH; without one there is perhaps that which `make clients` brings.
BROWSERS = ("chromium", "chromium-browser", "chrome", "google-chrome")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def explored(store: Path, *options: str) -> Iterator[str]:
    """Serve the page over a store; yield its address, with the token."""
    command = [Path(sys.executable).with_name("recstore"), "explore", store, "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), process.stderr.read()
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    assert "Traceback" not in said, said


def browser() -> str:
    """Return the path of a Chromium; skip where there is none."""
    found = [*map(shutil.which, BROWSERS), shells.CLIENTS / "chromium" / "chromium"]
    path = next((str(one) for one in found if one and os.access(one, os.X_OK)), None)
    if path is None:
        pytest.skip("needs Chromium on the PATH, or Node for the package that has one: make clients")
    return path


class Window:
    """A page in a browser, with all that it asked for, and what went wrong in it."""

    def __init__(self, page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}") or dialog.dismiss())

    def hosts(self) -> set[str]:
        """Return the hosts that anything was asked of; what is in the page itself has none."""
        return {urlsplit(url).hostname for url in self.asked if urlsplit(url).scheme not in ("data", "blob")}

    def is_cut(self) -> list[str]:
        """Return the texts that stick out of the window, or of the table that they stand in.

        A table with whole sentences in it may be scrolled.
        """
        return self.page.evaluate(
            """() => [...document.querySelectorAll("main *, header *")].filter((one) => {
                const box = one.getBoundingClientRect();
                const table = one.closest(".q-table__middle");
                if (table === one) return one.scrollWidth > one.clientWidth + 1 && !one.querySelector(".rs-wide");
                const scrolls = table || one.closest(".q-menu, canvas");
                return box.width && !scrolls && (box.right > innerWidth + 1 || box.left < -1);
            }).map((one) => one.textContent.slice(0, 60))"""
        )


@contextmanager
def chromium() -> Iterator[object]:
    """Start a browser that asks for nothing by itself."""
    path = browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        program = driver.chromium.launch(executable_path=path, args=list(_QUIET))
        yield program
        program.close()


@contextmanager
def window(program, address: str, width: int = 1280, scheme: str = "light") -> Iterator[Window]:
    """Open an address in a new window of a browser."""
    context = program.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(200_000)
    opened = Window(context.new_page())
    opened.page.goto(address)
    yield opened
    context.close()
