"""Frozen dataclasses to plain JSON values and back, by their type hints. Exact: floats keep every digit."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Dataclasses become dicts, tuples become lists. NaN and infinity are refused: JSON has no words for
    them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be stored; use None for a number that does not exist")
        return float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be stored")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def from_plain(hint: Any, data: Any) -> Any:
    """Rebuild a value of type `hint` from what `to_plain` made of it."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        rest = [option for option in typing.get_args(hint) if option is not type(None)]
        return from_plain(rest[0], data)
    if origin is tuple:
        arguments = typing.get_args(hint)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(from_plain(arguments[0], item) for item in data)
        return tuple(from_plain(argument, item) for argument, item in zip(arguments, data, strict=True))
    if origin is dict:
        return {key: from_plain(typing.get_args(hint)[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{key: from_plain(hints[key], item) for key, item in data.items()})
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    return data


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON with sorted keys, so that equal values give equal text."""
    return json.dumps(to_plain(value), sort_keys=True, ensure_ascii=False, indent=indent)


def from_json(cls: type[T], text: str) -> T:
    """The inverse of `to_json`."""
    return typing.cast(T, from_plain(cls, json.loads(text)))
