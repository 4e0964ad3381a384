"""Normalise texts that come in, and bound their lengths."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def normalise_text(value: str, max_length: int) -> str:
    """Return the text with single spaces. Raise ValueError for control characters and over-long text."""
    if CONTROL.search(value):
        raise ValueError("holds a control character")
    value = " ".join(value.split())
    if len(value) > max_length:
        raise ValueError(f"has {len(value)} characters; {max_length} is the most")
    return value


MAX_ORGANISATION, MAX_NAME, MAX_STREET, MAX_PLACE = 100, 90, 100, 60
