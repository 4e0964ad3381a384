"""Frozen dataclasses as plain JSON values, and back by their annotations."""

import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Turn dataclasses into maps and tuples into lists, at every depth."""
    if is_dataclass(value):
        return {name: encode(getattr(value, name)) for name in _hints(cast("type", type(value)))}
    if isinstance(value, dict):
        return {key: encode(member) for key, member in value.items()}
    return [encode(member) for member in value] if isinstance(value, tuple) else value


def decode(kind: type[T], value: Any) -> T:
    """Build a dataclass of what ``encode`` gave. Raises KeyError or TypeError for anything else."""
    return cast("T", _decode(kind, value))


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _decode(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        hints = _hints(cast("type", kind))
        return cast("Any", kind)(**{name: _decode(hint, value[name]) for name, hint in hints.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _decode_union(arguments, value)
    if origin is tuple:
        return tuple(_decode(arguments[0], member) for member in value)
    if origin is dict:
        return {key: _decode(arguments[1], member) for key, member in value.items()}
    return value


def _decode_union(members: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    structured = next((member for member in members if is_dataclass(member)), None)
    return value if structured is None else _decode(structured, value)
