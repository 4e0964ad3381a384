"""Parse OS Places' ``fq`` filters: classifications, statuses, custodians and countries.

One ``fq`` names one field and one or more codes, any of which may match; several ``fq`` must all match.
``fq=CLASSIFICATION_CODE:RD* CLASSIFICATION_CODE:PP&fq=LOGICAL_STATUS_CODE:1``
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

Code = TypeVar("Code", int, str)

_FIELDS = {
    "CLASSIFICATION_CODE": re.compile(r"[A-Z][A-Z0-9]{0,5}\*?|\*"),
    "LOGICAL_STATUS_CODE": re.compile(r"[13568]"),
    "LPI_LOGICAL_STATUS_CODE": re.compile(r"[13568]"),
    "LOCAL_CUSTODIAN_CODE": re.compile(r"[0-9]{1,4}"),
    "COUNTRY_CODE": re.compile(r"[EWSNJLM]N?"),
}
MAX_CODES = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a query. ``None`` sets no condition. ``classes`` are LIKE patterns: ``RD%``."""

    classes: tuple[str, ...] | None = None
    statuses: tuple[int, ...] | None = None
    lpi_statuses: tuple[int, ...] | None = None
    countries: tuple[str, ...] | None = None
    custodians: tuple[int, ...] | None = None


def parse_filters(values: Sequence[str]) -> Filters:
    """Parse all ``fq`` together. Raise ValueError that says what is wrong with which."""
    filters = Filters()
    for value in values:
        field, codes = _parse_one(value)
        match field:
            case "CLASSIFICATION_CODE":
                patterns = [code.replace("*", "%") for code in codes]
                filters = replace(filters, classes=_intersect_patterns(filters.classes, patterns))
            case "LOGICAL_STATUS_CODE":
                filters = replace(filters, statuses=_intersect(filters.statuses, map(int, codes)))
            case "LPI_LOGICAL_STATUS_CODE":
                filters = replace(filters, lpi_statuses=_intersect(filters.lpi_statuses, map(int, codes)))
            case "LOCAL_CUSTODIAN_CODE":
                filters = replace(filters, custodians=_intersect(filters.custodians, map(int, codes)))
            case _:
                filters = replace(
                    filters, countries=_intersect(filters.countries, (code[0] for code in codes))
                )
    return filters


def _parse_one(text: str) -> tuple[str, list[str]]:
    """Parse the field and the codes of one ``fq``."""
    parts = text.upper().split()
    pairs = [part.partition(":") for part in parts]
    fields = {field for field, colon, _ in pairs if colon}
    if len(fields) != 1 or not pairs[0][1]:
        raise ValueError(f"{text[:80]!r} must name one field, as in CLASSIFICATION_CODE:RD*")
    field = fields.pop()
    shape = _FIELDS.get(field)
    if shape is None:
        raise ValueError(f"{field[:40]!r} cannot be filtered by; {', '.join(_FIELDS)} can")
    codes = [code if colon else before for before, colon, code in pairs]
    wrong = next((code for code in codes if not shape.fullmatch(code)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:40]!r} is no {field}")
    if len(codes) > MAX_CODES:
        raise ValueError(f"has {len(codes)} codes; {MAX_CODES} is the most")
    return field, codes


def _intersect(before: tuple[Code, ...] | None, codes: Iterable[Code]) -> tuple[Code, ...]:
    allowed = dict.fromkeys(codes)
    return tuple(allowed) if before is None else tuple(code for code in before if code in allowed)


def _intersect_patterns(before: tuple[str, ...] | None, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns that match what both sets match: of two that overlap the narrower."""
    if before is None:
        return tuple(dict.fromkeys(patterns))
    overlaps = [_overlap(value, pattern_) for value in before for pattern_ in patterns]
    return tuple(dict.fromkeys(pattern for pattern in overlaps if pattern is not None))


def _overlap(value: str, other: str) -> str | None:
    broad, narrow = sorted((value, other), key=lambda pattern: (not pattern.endswith("%"), len(pattern)))
    if broad == narrow or (broad.endswith("%") and narrow.startswith(broad[:-1])):
        return narrow
    return None
