"""What is stored of a payer, by card, Direct Debit and at the counter: found by e-mail or a reference."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from chassis.database import ReadSession

# Each by an index. A whole address is looked for by what comes before its @, then compared.
_BY_EMAIL = """SELECT p.payment AS id FROM payer p, gateway_account a
    WHERE p.council = :council AND a.council = p.council AND p.account = a.id AND a.mode = :mode
    AND p.mailbox IN (reverse(lower(split_part(:text, '@', 1))), '@') AND lower(p.email) = lower(:text)"""
_BY_REFERENCE = """SELECT p.id FROM payment p, gateway_account a
    WHERE p.council = :council AND a.council = p.council AND p.account = a.id AND a.mode = :mode
    AND p.reference_key = lower(:text)
    UNION SELECT payment FROM payment_line WHERE council = :council AND reference = :text"""
_DATA = """SELECT p.id, p.created_at, p.state, p.amount, p.refunded, p.reference, p.description, p.metadata,
        to_jsonb(w) AS payer, to_jsonb(a) AS agreement, to_jsonb(c) AS card, l.lines, r.notes
    FROM (SELECT p.* FROM payment p WHERE p.council = :council AND p.mode = :mode AND p.id IN ({ids})
        ORDER BY p.created_at DESC, p.id DESC LIMIT :most) p
    LEFT JOIN payer w ON w.council = p.council AND w.payment = p.id
    LEFT JOIN agreement a ON a.council = p.council AND a.id = p.agreement
    LEFT JOIN agreement_card c ON c.council = a.council AND c.agreement = a.id
    LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('reference', reference, 'narrative', narrative,
        'amount', amount) ORDER BY n) AS lines
        FROM payment_line WHERE council = p.council AND payment = p.id) l ON true
    LEFT JOIN LATERAL (SELECT jsonb_agg(words) FROM office_request o
            CROSS JOIN LATERAL (VALUES (o.note), (o.answer)) AS written (words)
        WHERE o.council = p.council AND o.subject = p.id AND words <> '') r (notes) ON true
    ORDER BY p.created_at DESC, p.id DESC"""
_MANDATES = """SELECT m.id, m.created_at, m.state, m.reference, m.metadata, w.email, c.collections
    FROM (SELECT * FROM mandate WHERE council = :council AND mode = :mode AND id IN ({ids})
        ORDER BY created_at DESC, id DESC LIMIT :most) m
    LEFT JOIN mandate_payer w ON w.council = m.council AND w.mandate = m.id
    LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('collection_id', c.id,
        'charge_date', c.charge_date, 'state', c.state, 'amount', c.amount, 'reference', c.reference,
        'metadata', c.metadata, 'lines', l.lines) ORDER BY c.charge_date DESC, c.id DESC) AS collections
        FROM (SELECT * FROM collection WHERE council = m.council AND mandate = m.id
            ORDER BY charge_date DESC, id DESC LIMIT :most) c
        LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('reference', reference, 'narrative', narrative,
            'amount', amount) ORDER BY n) AS lines
            FROM collection_line WHERE council = c.council AND collection = c.id) l ON true) c ON true
    ORDER BY m.created_at DESC, m.id DESC"""
# An address is compared with those of all the council's mandates: one pass, and seldom.
_MANDATES_BY_EMAIL = (
    "SELECT mandate FROM mandate_payer WHERE council = :council AND lower(email) = lower(:text)"
)
_MANDATES_BY_REFERENCE = """SELECT id FROM mandate WHERE council = :council AND reference = :text
    UNION SELECT mandate FROM collection WHERE council = :council AND reference = :text
    UNION SELECT c.mandate FROM collection_line l
        JOIN collection c ON c.council = l.council AND c.id = l.collection
        WHERE l.council = :council AND l.reference = :text"""
_RECEIPTS = text("""SELECT r.id, r.number, r.taken_on, r.kind, r.status, r.amount, r.metadata, r.reason,
        l.lines, to_jsonb(q) AS cheque
    FROM (SELECT * FROM counter_receipt WHERE council = :council AND mode = :mode AND id IN (
            SELECT receipt FROM counter_line WHERE council = :council AND reference = :text)
        ORDER BY created_at DESC, id DESC LIMIT :most) r
    LEFT JOIN cheque q ON q.council = r.council AND q.receipt = r.id
    LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('reference', reference, 'narrative', narrative,
        'amount', amount) ORDER BY n) AS lines
        FROM counter_line WHERE council = r.council AND receipt = r.id) l ON true
    ORDER BY r.created_at DESC, r.id DESC""")
_MANDATES_BY = {
    "email": text(_MANDATES.format(ids=_MANDATES_BY_EMAIL)),
    "reference": text(_MANDATES.format(ids=_MANDATES_BY_REFERENCE)),
}
_BY = {
    "email": text(_DATA.format(ids=_BY_EMAIL)),
    "reference": text(_DATA.format(ids=_BY_REFERENCE)),
}


class Words(NamedTuple):
    """What a payer is looked for by: ``email`` or ``reference``, and the words themselves."""

    by: str
    text: str


async def list_payments(
    session: ReadSession, council: str, mode: str, words: Words, most: int
) -> Sequence[Row[Any]]:
    """List payments with all that is stored of who paid, the newest first."""
    return await session.all(_BY[words.by], _bind(council, mode, words, most))


async def list_mandates(
    session: ReadSession, council: str, mode: str, words: Words, most: int
) -> Sequence[Row[Any]]:
    """List mandates with their payer and the newest of their collections, the newest first."""
    return await session.all(_MANDATES_BY[words.by], _bind(council, mode, words, most))


async def list_receipts(
    session: ReadSession, council: str, mode: str, words: Words, most: int
) -> Sequence[Row[Any]]:
    """List receipts of the counter, the newest first. It keeps nobody's e-mail address."""
    if words.by == "email":
        return []
    return await session.all(_RECEIPTS, _bind(council, mode, words, most))


def _bind(council: str, mode: str, words: Words, most: int) -> dict[str, Any]:
    return {"council": council, "mode": mode, "text": words.text, "most": most}
