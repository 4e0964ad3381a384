"""JSON of free shape, bounded so that PostgreSQL and every reader of the event can hold it.

A number is finite and, if whole, exact in every language (RFC 8259, section 6). Text has no NUL, which
PostgreSQL refuses, and no half of a surrogate pair, which UTF-8 cannot write. Depth, keys and the number of
values are bounded.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, JsonValue
from pydantic_core import PydanticCustomError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
MAX_VALUES = 20_000
MAX_KEY = 200  # characters
Json = TypeVar("Json")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check_text(text: str) -> str:
    """Return the text as it is. Raises PydanticCustomError for a NUL or half a surrogate pair."""
    if _UNSTORABLE.search(text):
        raise PydanticCustomError("text_not_storable", "holds a NUL or half of a surrogate pair")
    return text


def check_json(value: Json) -> Json:
    """Return the JSON value as it is. Raises PydanticCustomError for what cannot be stored or is too much."""
    pending: list[tuple[Iterable[object], int]] = [((value,), 0)]
    count = 0
    while pending:
        members, depth = pending.pop()
        for member in members:  # of each event and each body: by type, the quickest way
            count += 1
            kind = type(member)
            if kind is str:
                check_text(member)  # type: ignore[arg-type]
            elif kind is int or kind is float:
                _check_number(member)  # type: ignore[arg-type]
            elif isinstance(member, dict):
                _check_keys(member)
                pending.append((member.values(), depth + 1))
            elif isinstance(member, list):
                pending.append((member, depth + 1))
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise PydanticCustomError(
                "json_too_large", f"may hold {MAX_VALUES} values in {MAX_DEPTH} levels, and no more"
            )
    return value


def _check_number(number: float) -> None:
    if isinstance(number, int):
        if abs(number) > MAX_INTEGER:
            raise PydanticCustomError("integer_too_large", f"whole numbers go to {MAX_INTEGER}")
    elif not math.isfinite(number):
        raise PydanticCustomError("finite_number", "holds NaN or an infinite number")


def _check_keys(members: dict[str, object]) -> None:
    check_text("".join(members))
    if any(len(key) > MAX_KEY for key in members):
        raise PydanticCustomError("key_too_long", f"a key may have {MAX_KEY} characters")


StorableText = Annotated[str, AfterValidator(check_text)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(check_json)]


def canonical_json(record: Mapping[str, Any]) -> bytes:
    """Write a record as RFC 8785 (JCS) does for strings, integers, nulls, lists and objects of them."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
