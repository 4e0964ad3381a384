"""The countries of a billing address, named in the reader's language (CLDR by Babel)."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from payments.shared.locales import list_territories

UNITED_KINGDOM = "GB"
# Codes that CLDR names and ISO 3166-1 has not: unions, parts of countries, and what is for tests.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
_CODE_LENGTH = 2


@cache
def list_countries(language: str) -> Mapping[str, str]:
    """List the countries by their codes, the United Kingdom first and then by name."""
    names = {code: name for code, name in list_territories(language).items() if _is_country(code)}
    others = sorted(names.items(), key=lambda country: _to_sort_key(country[1]))
    return {UNITED_KINGDOM: names[UNITED_KINGDOM], **dict(others)}


def _is_country(code: str) -> bool:
    return len(code) == _CODE_LENGTH and code.isalpha() and code not in _NO_COUNTRIES


def _to_sort_key(name: str) -> str:
    """Sort Åland among the As, where people look for it."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
