"""The kinds of commands: what their help ends in, and the options that they have by what is installed."""

from __future__ import annotations

import inspect
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from recstore import RecstoreError, installed
from recstore.errors import OptionError

#: Where a command finds, in its context, what was given for the options of what is installed.
_GIVEN = "recstore.given"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FLAG = re.compile(r"--[A-Za-z][\w-]*")
UNTRUSTED = "--untrusted"


class Command(TyperCommand):
    """A command whose help ends in an example, about a catalogue that is installed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Leave it to recstore to say what a path lacks: Typer says that it is not readable, and not what to do."""
        super().__init__(*args, **kwargs)
        for param in self.params:
            if isinstance(param, TyperArgument | TyperOption):
                param.type_descriptor.parameter_info.readable = False

    @property
    def epilog(self) -> str | None:
        """The example, filled."""
        return self._epilog and self._epilog.format(**_shown())

    @epilog.setter
    def epilog(self, text: str | None) -> None:
        self._epilog = text

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not export its context
        """Parse; where a shell asks what completes an option's value, the arguments are looked at all the same."""
        if ctx.resilient_parsing and args and args[-1].startswith("-"):
            args = args[:-1]
        self._refuse_strangers(ctx, args)
        self._refuse_twice(ctx, args)
        return list(super().parse_args(ctx, args))

    def _refuse_twice(self, ctx: Any, args: list[str]) -> None:  # noqa: ANN401
        """Say which option is there twice where one value is taken: the first would be dropped without a word."""
        if ctx.resilient_parsing:
            return
        _values, _rest, order = self.make_parser(ctx).parse_args(args=list(args))
        for param, times in Counter(order).items():
            if times > 1 and isinstance(param, TyperOption) and not (param.multiple or param.is_flag or param.count):
                raise typer.BadParameter(f"{param.opts[-1]} is there {times} times; give it once.", ctx=ctx)

    def _refuse_strangers(self, ctx: Any, args: list[str]) -> None:  # noqa: ANN401
        """Say why a command that writes into a store does not take `--untrusted`, which all that read one do."""
        flags = {flag for param in self.params for flag in param.opts}
        if ctx.resilient_parsing or "store" not in flags or UNTRUSTED in flags:
            return
        if UNTRUSTED in args[: args.index("--") if "--" in args else None]:
            raise typer.BadParameter(
                f"recstore {self.name} writes into a store and takes along what it defines, with your rights, so it is "
                f"not for a stranger's. Look at it with recstore check STORE {UNTRUSTED}; leave {UNTRUSTED} out if you "
                "trust it.",
                ctx=ctx,
            )


def _shown() -> Mapping[str, str]:
    """Return what the placeholders of an example stand for."""
    try:
        found = installed.example()
    except RecstoreError:
        # A package is broken: whoever needs it is told, and help needs none.
        found = installed.Example()
    items = [shlex.quote(item) for item in found.items]
    return {
        "store": f"{found.catalog.lower()}.duckdb",
        "catalog": found.catalog,
        "item": items[0],
        "items": " ".join(items),
        "loader": found.loader,
        "source": shlex.quote(found.source),
        "file": found.file,
    }


class WaitingCommand(Command):
    """A command whose `--wait` may stand without seconds, which means for ever."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Give every `--wait` its value, as what parses options wants it."""
        given, spelt_out = list(args), []
        while given:
            argument = given.pop(0)
            if argument == "--":
                spelt_out += [argument, *given]
                break
            if argument == "--wait":
                argument += "=" + (given.pop(0) if given and _NUMBER.fullmatch(given[0]) else "inf")
            spelt_out.append(argument)
        return super().parse_args(ctx, spelt_out)


@dataclass(frozen=True)
class Offered:
    """An option by what is installed: what its parameter is called, its flags, type, default and help."""

    name: str
    flag: str
    kind: Any
    default: object
    about: str
    metavar: str | None = None

    @property
    def parameter(self) -> inspect.Parameter:
        """The option as a parameter of a function that Typer reads."""
        shown = typer.Option(self.flag, help=self.about or "See the package that brings it.", metavar=self.metavar)
        annotation: Any = Annotated[self.kind, shown]
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=self.default, annotation=annotation)


class InstalledCommand(WaitingCommand):
    """A command that takes, besides its own options, those of what is installed.

    It finds what was given in `given(context)`. An option that is called like one that is there already is left out.
    """

    def offered(self) -> Iterator[Offered]:
        """Yield the options by what is installed."""
        raise NotImplementedError

    _params: list[Any]
    _is_complete: bool

    @property
    def params(self) -> list[Any]:
        """The parameters: first those of the command, then those of what is installed."""
        if not self._is_complete:
            self._is_complete = True
            self._params += self._installed
        return self._params

    @params.setter
    def params(self, own: list[Any]) -> None:
        self._params, self._is_complete = own, False

    @cached_property
    def _installed(self) -> list[Any]:
        taken = {flag for param in self._params for flag in param.opts}
        chosen: list[inspect.Parameter] = []
        for one in self.offered():
            flags = set(one.flag.split("/"))
            if not flags & taken and all(map(_FLAG.fullmatch, flags)):
                taken |= flags
                chosen.append(one.parameter)

        def command() -> None:
            """Stand for the options."""

        command.__signature__ = inspect.Signature(chosen)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in chosen}
        app = typer.Typer(add_completion=False)
        app.command()(command)
        return list(typer.main.get_command(app).params)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Put what was given where `given` finds it, and run the command."""
        ctx.meta[_GIVEN] = {param.name: ctx.params.pop(param.name) for param in self._installed}
        return super().invoke(ctx)


#: How the parameters are called: by kind and number, since a name may be no identifier.
_OPTION, _SOURCE, _ADDITION = "option_", "source_", "addition_"


def _build_options(*, are_defaults_shown: bool, is_offered: Callable[[installed.Described], bool]) -> Iterator[Offered]:
    for number, one in enumerate(installed.options()):
        if not is_offered(one):
            continue
        kind: Any = str if one.words else type(one.default)
        default = next((word for word, value in one.words.items() if value == one.default), one.default)
        flag = f"{one.flag}/--no-{one.flag[2:]}" if kind is bool else one.flag
        if are_defaults_shown:
            yield Offered(f"{_OPTION}{number}", flag, kind, default, one.about)
        else:
            yield Offered(f"{_OPTION}{number}", flag, kind | None, None, one.about)


class BuildCommand(InstalledCommand):
    """`build`: a source of every installed loader, and every option."""

    def offered(self) -> Iterator[Offered]:
        """Yield the options, then the sources."""
        yield from _build_options(are_defaults_shown=True, is_offered=lambda _one: True)
        for number, one in enumerate(installed.sources()):
            yield Offered(f"{_SOURCE}{number}", f"--{one.name}", str | None, None, one.about, "SOURCE")


class SparkBuildCommand(InstalledCommand):
    """`spark build`: every option that concerns catalogues of the user's own and is heeded there."""

    def offered(self) -> Iterator[Offered]:
        """Yield the options."""
        heeded = installed.options_of_own() - {"trees", "exact_up_to", "anew_up_to", "max_loss"}
        yield from _build_options(are_defaults_shown=True, is_offered=lambda one: one.name in heeded)


class RebuildCommand(InstalledCommand):
    """`rebuild`: every option that does not concern files; what is not given is as it was built."""

    def offered(self) -> Iterator[Offered]:
        """Yield the options."""
        yield from _build_options(are_defaults_shown=False, is_offered=lambda one: not one.is_of_loading)


class AddCommand(InstalledCommand):
    """`add`: what every installed loader can add."""

    def offered(self) -> Iterator[Offered]:
        """Yield one option a name, whoever reads what it names."""
        for number, name in enumerate(_addable()):
            one = next(one for one in installed.additions() if one.name == name)
            metavar = "SOURCE" if one.file is None else "FILE"
            kind = list[str] | None if one.file is None else str | None
            yield Offered(f"{_ADDITION}{number}", f"--{name}", kind, None, one.about, metavar)
        yield from _build_options(are_defaults_shown=False, is_offered=lambda one: one.is_of_adding)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps click to itself
        """Parse; an option that takes several sources takes all words behind it, once the store was named."""
        several = {flag for param in self._installed if param.multiple for flag in param.opts}
        if not args or args[0].startswith("-"):
            return super().parse_args(ctx, args)
        spelt_out, flag = list[str](), ""
        for number, word in enumerate(args):
            if word == "--":
                spelt_out += args[number:]
                break
            if word.startswith("-"):
                flag = word if word in several else ""
            elif flag and args[number - 1] != flag:
                spelt_out.append(flag)
            spelt_out.append(word)
        return super().parse_args(ctx, spelt_out)


def _addable() -> list[str]:
    return list(dict.fromkeys(one.name for one in installed.additions()))


def sources_given(context: typer.Context) -> dict[str, str]:
    """Return the sources that `build` was given by the options of loaders, by the loader's name."""
    return _of(context, _SOURCE, [one.name for one in installed.sources()])


def additions_given(context: typer.Context) -> dict[str, str | list[str]]:
    """Return what `add` was told to add, by name: a file, or sources."""
    return _of(context, _ADDITION, _addable())


def options_given(context: typer.Context) -> dict[str, Any]:
    """Return the options of a build that were given, by name; an `OptionError` for a word that is none of theirs."""
    known = {one.name: one for one in installed.options()}
    found: dict[str, Any] = _of(context, _OPTION, list(known))
    for name, value in found.items():
        if words := known[name].words:
            if value not in words:
                raise OptionError(f"{known[name].flag} is {' or '.join(words)}, not {value!r}.")
            found[name] = words[value]
    return found


def _of(context: typer.Context, kind: str, names: list[str]) -> dict[str, Any]:
    given = context.meta[_GIVEN]
    found = {name: given.get(f"{kind}{number}") for number, name in enumerate(names)}
    return {name: value for name, value in found.items() if value not in (None, [], ())}
