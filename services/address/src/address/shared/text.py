"""Texts that come in: no control characters, single spaces, and how long each may be."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def normalise_text(value: str, longest: int) -> str:
    """The text with single spaces. Raises ValueError for control characters and over-long text."""
    if CONTROL.search(value):
        raise ValueError("holds a control character")
    value = " ".join(value.split())
    if len(value) > longest:
        raise ValueError(f"has {len(value)} characters; {longest} is the most")
    return value


MAX_ORGANISATION, MAX_NAME, MAX_STREET, MAX_PLACE = 100, 90, 100, 60
