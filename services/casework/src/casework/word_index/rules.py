"""Words of a case and of a search, folded alike: English and Welsh, without accents or case. Pure.

A word that one role alone may read is kept as ``role/word``, one of a note as ``*/word``. A search asks for
the forms that its reader may read, so what they may not read is not there for them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from casework.model.rules.case_type import CaseType, Field

NOTES = "*"
"""The audience of notes: staff."""
MOST_QUERY_WORDS = 20
_WORD = re.compile(r"[^\W_]+")
_MOST_BYTES = 40  # of a word; longer ones are cut, in searches too
_MOST_WORDS = 3000  # of a case's fields: an index entry has at most 1 MB
_NUMBERS = {"plate", "reference"}  # formats that are written with spaces or without
_SKIPPED = {"date", "date-time", "file"}


def fold_words(text: str) -> Iterator[str]:
    """List the words of a text without accents, in small letters."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))
    for word in _WORD.findall(plain.casefold()):
        yield word.encode()[:_MOST_BYTES].decode(errors="ignore")


def list_case_words(reference: str, case_type: CaseType, fields: Mapping[str, Any]) -> list[str]:
    """List the words of a case: of its reference (without separators), its type's name and its fields."""
    texts = (reference, *_list_groups(reference), case_type.name.en, case_type.name.cy)
    words = dict.fromkeys(word for text in texts for word in fold_words(text))
    for name, value in fields.items():
        field = case_type.fields.get(name)
        if field is not None:
            words |= dict.fromkeys(_name_audience(field.restricted, _list_field_words(field, value)))
    return list(words)[:_MOST_WORDS]


def list_note_words(text: str) -> list[str]:
    """List the words of a note."""
    return list(dict.fromkeys(_name_audience(NOTES, fold_words(text))))


def make_query(text: str, audiences: Collection[str]) -> str:
    """Make the query (of the type ``tsquery``) for all the words; the last may be the beginning of one.

    It is empty if the text has no word. Raises ValueError for more than ``MOST_QUERY_WORDS``.
    """
    words = list(fold_words(text))
    if len(words) > MOST_QUERY_WORDS:
        raise ValueError(f"has {len(words)} words; give at most {MOST_QUERY_WORDS}")
    terms = []
    for position, word in enumerate(words, 1):
        suffix = ":*" if position == len(words) else ""
        forms = [word, *(f"{audience}/{word}" for audience in sorted(audiences))]
        terms.append("(" + " | ".join(f"'{form}'{suffix}" for form in forms) + ")")
    return " & ".join(terms)


def _list_groups(reference: str) -> list[str]:
    return [reference[start : start + 4] for start in range(0, len(reference), 4)]


def _list_field_words(field: Field, value: Any) -> Iterator[str]:
    schema = field.schema.get("items", field.schema)
    if schema.get("format") in _SKIPPED or isinstance(value, bool):
        return
    for item in value if isinstance(value, list) else [value]:
        words = list(fold_words(str(item)))
        yield from words
        if schema.get("format") in _NUMBERS and len(words) > 1:
            yield from fold_words("".join(words))


def _name_audience(audience: str, words: Iterable[str]) -> Iterator[str]:
    return (f"{audience}/{word}" if audience else word for word in words)
