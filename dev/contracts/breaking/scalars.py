"""Listed values against limits."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from dev.contracts.breaking.words import SCALAR


def refused(values: Sequence[Any], words: Mapping[str, Any]) -> list[Any] | None:
    """The values that the words' limits refuse; None when a pattern cannot be read."""
    limits = {word: limit for word, limit in words.items() if word in SCALAR}
    fits = Draft202012Validator(limits).is_valid
    try:
        return [value for value in values if not fits(value)] if limits else []
    except re.error:
        return None
