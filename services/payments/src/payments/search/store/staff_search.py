"""What staff look for: payments of all accounts of a mode, by reference, e-mail address or id."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import DateTime, Row, TextClause, bindparam, text

from chassis.database import ReadSession

_COLUMNS = """p.council, p.id, p.status, p.amount, p.surcharge, p.refunded, p.reference, p.description,
    p.created_at, p.captured_at, p.mode"""
_OWN = "p.council = a.council AND p.account = a.id AND (p.created_at, p.id) < (:created_at, :start)"
_ORDER = "ORDER BY p.created_at DESC, p.id DESC LIMIT :most"
_MAX_OF_EMAIL = 1_000  # of an account


def _search(candidates: str, more: str = "") -> TextClause:
    """Build a search: the newest of the ``candidates`` of each account of the mode, found by an index."""
    statement = f"""SELECT {_COLUMNS} FROM payment p
        WHERE p.council = :council AND p.mode = :mode AND (p.created_at, p.id) < (:created_at, :start)
        AND p.id IN (SELECT candidate.id FROM gateway_account a CROSS JOIN LATERAL ({candidates}) candidate
            WHERE a.council = :council AND a.mode = :mode {more}) {_ORDER}"""  # noqa: S608
    return text(statement).bindparams(bindparam("created_at", type_=DateTime(timezone=True)))


_LATEST = _search(f"SELECT p.id FROM payment p WHERE {_OWN} {_ORDER}")  # noqa: S608
# A payment's own reference, or that of a line of its basket: the account that the payer has at the council.
_BY_REFERENCE = _search(
    f"SELECT p.id FROM payment p WHERE {_OWN} AND p.reference_key = lower(:text) {_ORDER}",  # noqa: S608
    "UNION SELECT payment FROM payment_line WHERE council = :council AND reference = :text",
)
_BY_EMAIL = _search(f"""SELECT payment AS id FROM
    search_payers(a.id, :text, NULL, '-infinity', 'infinity', {_MAX_OF_EMAIL})""")  # noqa: S608


async def list_latest(session: ReadSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List payments, the newest first: council, mode, created_at and start (of the last), most."""
    return await session.all(_LATEST, values)


async def list_by_reference(session: ReadSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List the payments with a reference, the newest first; ``text`` beside the values of ``list_latest``."""
    return await session.all(_BY_REFERENCE, values)


async def list_by_email(session: ReadSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List the payments of an e-mail address, the newest first; of more than a thousand, some."""
    pattern = values["text"].replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return await session.all(_BY_EMAIL, {**values, "text": pattern})
