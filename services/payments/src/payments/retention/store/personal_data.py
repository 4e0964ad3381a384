"""What is stored of a payer: found by e-mail address, or by a reference."""

from collections.abc import Sequence
from typing import Any

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
_BY = {
    "email": text(_DATA.format(ids=_BY_EMAIL)),
    "reference": text(_DATA.format(ids=_BY_REFERENCE)),
}


async def list_personal_data(
    session: ReadSession, council: str, mode: str, by: str, words: str, most: int
) -> Sequence[Row[Any]]:
    """List payments by ``email`` or ``reference`` with all that is stored of who paid, the newest first."""
    return await session.all(_BY[by], {"council": council, "mode": mode, "text": words, "most": most})
