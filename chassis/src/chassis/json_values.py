"""JSON of free shape, bounded so that PostgreSQL and every reader of the event can hold it.

A number is finite and, if whole, exact in every language (RFC 8259, section 6). Text has no NUL, which
PostgreSQL refuses, and no half of a surrogate pair, which UTF-8 cannot write. Depth, keys and the number of
values are bounded.
"""

import math
import re
from typing import Annotated, TypeVar

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
    pending: list[tuple[object, int]] = [(value, 1)]
    count = 0
    while pending:
        item, depth = pending.pop()
        match item:
            case dict() | list() if depth > MAX_DEPTH or count + len(item) > MAX_VALUES:
                raise PydanticCustomError(
                    "json_too_large", f"may hold {MAX_VALUES} values in {MAX_DEPTH} levels, and no more"
                )
            case str():
                check_text(item)
            case int() | float():
                _check_number(item)
            case dict():
                count += len(item)
                for key in item:
                    _check_key(key)
                pending.extend((member, depth + 1) for member in item.values())
            case list():
                count += len(item)
                pending.extend((member, depth + 1) for member in item)
    return value


def _check_number(number: float) -> None:
    if isinstance(number, int):
        if abs(number) > MAX_INTEGER:
            raise PydanticCustomError("integer_too_large", f"whole numbers go to {MAX_INTEGER}")
    elif not math.isfinite(number):
        raise PydanticCustomError("finite_number", "holds NaN or an infinite number")


def _check_key(key: str) -> None:
    if len(key) > MAX_KEY:
        raise PydanticCustomError("key_too_long", f"a key may have {MAX_KEY} characters")
    check_text(key)


StorableText = Annotated[str, AfterValidator(check_text)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(check_json)]
