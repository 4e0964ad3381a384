"""Statements of deadlines that passed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Session

_BREACH = text("""UPDATE case_clock SET breached_at = :at, version = version + 1
    WHERE council = :council AND case_id = :case_id AND clock = :clock AND due_at = :due_at
    AND breached_at IS NULL RETURNING id, version""")


async def mark_breach(session: Session, values: Mapping[str, Any]) -> Row[Any] | None:
    """Note that a clock passed its due date; None if it does not run to that one any more."""
    return await session.first(_BREACH, values)
