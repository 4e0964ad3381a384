"""Listed values against limits."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from dev.contracts.compatibility.keywords import SCALAR


def list_refused(values: Sequence[Any], keywords: Mapping[str, Any]) -> list[Any] | None:
    """List the values that the limits refuse; None when a pattern cannot be read."""
    limits = {keyword: limit for keyword, limit in keywords.items() if keyword in SCALAR}
    is_valid = Draft202012Validator(limits).is_valid
    try:
        return [value for value in values if not is_valid(value)] if limits else []
    except re.error:
        return None
