"""The commands that a catalogue brings: `recstore export-CATALOG-json`."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from recstore import RecstoreError, installed
from recstore.cli.arguments import Store, Timeout, Untrusted
from recstore.cli.commands import Command
from recstore.cli.console import Exit, say, say_wrong_call
from recstore.cli.running import run_command


class InstalledGroup(TyperGroup):
    """The commands, and behind them those that installed catalogues bring: looked for when one is asked for."""

    _commands: MutableMapping[str, Any]
    _is_complete: bool

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Run the command line and leave with its exit code; a wrong call is one sentence, as all that goes wrong."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            code = say_wrong_call(error)
        sys.exit(code if isinstance(code, int) else Exit.DONE)

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """All commands by name."""
        if not self._is_complete:
            self._is_complete = True
            for name, command in _exports().items():
                self._commands.setdefault(name, command)
        return self._commands

    @commands.setter
    def commands(self, own: MutableMapping[str, Any]) -> None:
        self._commands, self._is_complete = own, False


def _exports() -> dict[str, Any]:
    try:
        found = installed.exports()
    except RecstoreError:
        # A package is broken; whoever names its catalogue is told.
        return {}
    commands = {}
    for catalog, export in found.items():
        name = f"export-{catalog}-json"
        app = typer.Typer(add_completion=False)
        epilog = f"Example: recstore {name} {export.example}"
        app.command(name=name, cls=Command, epilog=epilog, help=export.about)(_writing(catalog, export.rows))
        commands[name] = typer.main.get_command(app)
    return commands


def _writing(catalog: str, rows: str) -> Any:  # noqa: ANN401 - Typer reads its signature
    def write(
        store: Store,
        target: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file to write.")],
        untrusted: Untrusted = False,
        timeout: Timeout = None,
    ) -> None:
        def work() -> None:
            from recstore import export_json

            say(f"{export_json(store, catalog, target, untrusted=untrusted):,} {rows} written to {target}.")

        run_command(work, timeout, untrusted)

    return write
