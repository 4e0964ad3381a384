"""Keep the words of a case, in the transaction that changes it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from casework.model.rules.case_type import CaseType
from casework.word_index import rules, store
from chassis.database import Session


async def index_case(
    session: Session,
    council: str,
    case_id: UUID,
    reference: str,
    case_type: CaseType,
    fields: Mapping[str, Any],
) -> None:
    """Write the words of a case. ``fields``: all of them, those that lie apart too."""
    words = rules.list_case_words(reference, case_type, fields)
    await store.save_words(session, council, case_id, words)


async def index_note(session: Session, council: str, case_id: UUID, text: str) -> None:
    """Add the words of a note to its case's."""
    words = rules.list_note_words(text)
    if words:
        await store.add_note_words(session, council, case_id, words)
