"""OS Places' ``fq``: which classifications, statuses and countries are wanted.

One ``fq`` names one field and one or more codes, any of which will do; several ``fq`` must all hold.
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
MOST_CODES = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """``None`` sets no condition. ``classes`` are LIKE patterns: ``RD%``."""

    classes: tuple[str, ...] | None = None
    statuses: tuple[int, ...] | None = None
    lpi_statuses: tuple[int, ...] | None = None
    countries: tuple[str, ...] | None = None
    custodians: tuple[int, ...] | None = None


def read(given: Sequence[str]) -> Filters:
    """The filters of all ``fq`` together. Raises ValueError that says what is wrong with which."""
    filters = Filters()
    for one in given:
        field, codes = _one(one)
        match field:
            case "CLASSIFICATION_CODE":
                patterns = [code.replace("*", "%") for code in codes]
                filters = replace(filters, classes=_narrower(filters.classes, patterns))
            case "LOGICAL_STATUS_CODE":
                filters = replace(filters, statuses=_both(filters.statuses, map(int, codes)))
            case "LPI_LOGICAL_STATUS_CODE":
                filters = replace(filters, lpi_statuses=_both(filters.lpi_statuses, map(int, codes)))
            case "LOCAL_CUSTODIAN_CODE":
                filters = replace(filters, custodians=_both(filters.custodians, map(int, codes)))
            case _:
                filters = replace(filters, countries=_both(filters.countries, (code[0] for code in codes)))
    return filters


def _one(text: str) -> tuple[str, list[str]]:
    """The field and the codes of one ``fq``."""
    parts = text.upper().split()
    named = [part.partition(":") for part in parts]
    fields = {field for field, colon, _ in named if colon}
    if len(fields) != 1 or not named[0][1]:
        raise ValueError(f"{text[:80]!r} must name one field, as in CLASSIFICATION_CODE:RD*")
    field = fields.pop()
    shape = _FIELDS.get(field)
    if shape is None:
        raise ValueError(f"{field[:40]!r} cannot be filtered by; {', '.join(_FIELDS)} can")
    codes = [code if colon else before for before, colon, code in named]
    wrong = next((code for code in codes if not shape.fullmatch(code)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:40]!r} is no {field}")
    if len(codes) > MOST_CODES:
        raise ValueError(f"has {len(codes)} codes; {MOST_CODES} is the most")
    return field, codes


def _both(before: tuple[Code, ...] | None, codes: Iterable[Code]) -> tuple[Code, ...]:
    wanted = dict.fromkeys(codes)
    return tuple(wanted) if before is None else tuple(code for code in before if code in wanted)


def _narrower(before: tuple[str, ...] | None, patterns: Sequence[str]) -> tuple[str, ...]:
    """The patterns that match what both sets match: of two that overlap the narrower one."""
    if before is None:
        return tuple(dict.fromkeys(patterns))
    found = [_overlap(one, other) for one in before for other in patterns]
    return tuple(dict.fromkeys(pattern for pattern in found if pattern is not None))


def _overlap(one: str, other: str) -> str | None:
    broad, narrow = sorted((one, other), key=lambda pattern: (not pattern.endswith("%"), len(pattern)))
    if broad == narrow or (broad.endswith("%") and narrow.startswith(broad[:-1])):
        return narrow
    return None
