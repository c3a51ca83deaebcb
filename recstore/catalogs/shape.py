"""Tells whether a value that was read from somewhere has the types that its dataclasses declare."""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def has_shape(value: object, kind: Any) -> bool:  # noqa: ANN401 - whatever stands in an annotation
    """Tell whether `value` is of the type `kind`, and each part of it of its own: of dataclasses, tuples and unions."""
    if get_origin(kind) in (Union, UnionType):
        return any(has_shape(value, one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(value, tuple):
            return False
        wanted = kinds[:1] * len(value) if kinds[-1] is Ellipsis else kinds
        return len(value) == len(wanted) and all(map(has_shape, value, wanted))
    if is_dataclass(kind) and isinstance(kind, type):
        return isinstance(value, kind) and all(has_shape(getattr(value, name), of) for name, of in _hints(kind).items())
    return isinstance(value, (int, float) if kind is float else kind)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
