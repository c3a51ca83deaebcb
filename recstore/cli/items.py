"""Commands that take items whose ids may begin with a dash: eleven characters of a video id may be `-k3xCGGDJeQ`."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from typer.core import TyperOption

from recstore.cli.commands import Command


@dataclass
class _Sorted:
    """The words of a command line: each with its place among all, so that those in doubt can be put in either."""

    options: list[tuple[int, str]] = field(default_factory=list)
    items: list[tuple[int, str]] = field(default_factory=list)
    doubtful: list[tuple[int, str]] = field(default_factory=list)
    lacks_value: str | None = None


class ItemCommand(Command):
    """A command that takes a word for an argument, though it begins with a dash, where it can be nothing else."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps click to itself
        """Put the arguments behind a `--`, and parse."""
        words = self._sort(args)
        widths = [param.nargs for param in self.params if param.param_type_name == "argument"]
        needed, is_open = sum(max(1, width) for width in widths), min(widths) < 0
        for place, word in words.doubtful:
            is_item = len(words.items) < needed or (is_open and not self._looks_mistyped(word))
            (words.items if is_item else words.options).append((place, word))
            if word == words.lacks_value and not is_item:
                # Nothing stands behind it: a "--" would be taken for its value.
                if not ctx.resilient_parsing:
                    return list(super().parse_args(ctx, [word for _place, word in words.options]))
                # A shell completes that value, by what the items say.
                words.options.pop()
        options, items = ([word for _place, word in sorted(found)] for found in (words.options, words.items))
        return list(super().parse_args(ctx, [*options, "--", *items] if items else options))

    def _sort(self, args: list[str]) -> _Sorted:
        known: dict[str, Any] = {}
        for param in self.params:
            if isinstance(param, TyperOption):
                known |= dict.fromkeys(param.opts, param)
        known |= dict.fromkeys(("-h", "--help"))
        words, place = _Sorted(), 0
        while place < len(args):
            word = args[place]
            if word == "--":
                words.items += list(enumerate(args))[place + 1 :]
                break
            if not word.startswith("-") or word == "-":
                words.items.append((place, word))
            elif word in known or word.partition("=")[0] in known:
                option = known.get(word)
                takes = option is not None and not option.is_flag
                if takes and place + 1 == len(args):
                    words.doubtful.append((place, word))
                    words.lacks_value = word
                    break
                words.options.append((place, word))
                if takes:
                    place += 1
                    words.options.append((place, args[place]))
            elif word[:2] in known and word[2:].isdigit():
                words.options.append((place, word))
            else:
                words.doubtful.append((place, word))
            place += 1
        return words

    def _looks_mistyped(self, word: str) -> bool:
        names = [name for param in self.params for name in param.opts if name.startswith("--")]
        return bool(get_close_matches(word.partition("=")[0], names, 1, 0.8)) or word.startswith("-o")
