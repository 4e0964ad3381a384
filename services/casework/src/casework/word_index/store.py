"""Statements that write the words of cases."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Session

_MOST_NOTE_WORDS = 8000  # of a case, after which no more are added: an index entry has at most 1 MB
_WORDS = bindparam("words", type_=ARRAY(Text))
_SAVE = text("""INSERT INTO case_words (council, case_id, words, notes)
    VALUES (:council, :case_id, array_to_tsvector(:words), '')
    ON CONFLICT (council, case_id) DO UPDATE SET words = excluded.words || case_words.notes""").bindparams(
    _WORDS
)
_ADD = text("""UPDATE case_words SET notes = notes || array_to_tsvector(:words),
        words = case_words.words || array_to_tsvector(:words)
    WHERE council = :council AND case_id = :case_id AND length(notes) < :most""").bindparams(_WORDS)


async def save_words(session: Session, council: str, case_id: UUID, words: Sequence[str]) -> None:
    """Write the words of a case's fields, in place of those before; those of its notes stay."""
    await session.execute(_SAVE, {"council": council, "case_id": case_id, "words": list(words)})


async def add_note_words(session: Session, council: str, case_id: UUID, words: Sequence[str]) -> None:
    """Add the words of a note."""
    values = {"council": council, "case_id": case_id, "words": list(words), "most": _MOST_NOTE_WORDS}
    await session.execute(_ADD, values)
