"""E-returns that are not posted yet."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.types import Date

from chassis.database import ReadSession, Session

_DAY = bindparam("day", type_=Date)
_WAITING = text("""
    SELECT 'e-return' AS kind, id FROM e_return WHERE council = :council AND mode = :mode
        AND banked_on <= :day AND status = 'submitted' ORDER BY id LIMIT :most""").bindparams(_DAY)
# Lines keep their amounts and references.
_WORDLESS = """(SELECT coalesce(jsonb_agg(line || '{"narrative": ""}' ORDER BY n), '[]')
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS of_return (line, n))"""
_ERASE = """UPDATE e_return SET answer = '', cheques = '[]', {also} WHERE council = :council AND id IN (
    SELECT id FROM e_return WHERE council = :council AND banked_on <= :day AND {due}
    LIMIT :most FOR UPDATE) RETURNING id"""
_ERASE_WORDS = text(_ERASE.format(also="is_erased = true", due="NOT is_erased")).bindparams(_DAY)
_ERASE_NAMES = text(
    _ERASE.format(also=f"created_by_name = '', lines = {_WORDLESS}", due="created_by_name <> ''")
).bindparams(_DAY)
_OPEN = text("""
    SELECT 'e-returns-not-submitted' AS kind, count(*) AS items, coalesce(sum(amount), 0)::bigint AS amount
    FROM e_return WHERE council = :council AND mode = :mode AND banked_on <= :day
        AND status IN ('draft', 'returned')""").bindparams(_DAY)


async def list_waiting(
    session: ReadSession, council: str, mode: str, day: date, most: int
) -> Sequence[Row[Any]]:
    """List the e-returns that a day cannot be closed with: they wait for somebody to authorise them."""
    values = {"council": council, "mode": mode, "day": day, "most": most}
    return await session.all(_WAITING, values)


async def count_open(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """Count the e-returns that nobody has submitted, or that were sent back."""
    return await session.all(_OPEN, {"council": council, "mode": mode, "day": day})


async def erase_words(session: Session, council: str, day: date, most: int) -> list[UUID]:
    """Erase words and payers of a batch of e-returns up to a day; return which."""
    values = {"council": council, "day": day, "most": most}
    return [row.id for row in await session.all(_ERASE_WORDS, values)]


async def erase_names(session: Session, council: str, day: date, most: int) -> list[UUID]:
    """Erase names and narratives of a batch of e-returns up to a day; return which."""
    values = {"council": council, "day": day, "most": most}
    return [row.id for row in await session.all(_ERASE_NAMES, values)]
