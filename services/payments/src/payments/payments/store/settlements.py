"""What settlements need of payments and refunds, many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date, Text

from chassis import outbox
from chassis.database import ReadSession, Session
from chassis.tables import ID

_NAMES = bindparam("provider_ids", type_=ARRAY(Text))
# Each by the index: of an ANY over hundreds of ids the planner may think that all of an account are fewer.
_PAYMENTS = text("""
    SELECT p.* FROM unnest(:provider_ids) AS x (name) CROSS JOIN LATERAL (
        SELECT id, provider_id, amount + surcharge AS amount, fee, captured_at FROM payment
        WHERE council = :council AND provider_id = x.name AND account = :account LIMIT 2) p""").bindparams(
    _NAMES
)
_REFUNDS = text("""
    SELECT r.* FROM unnest(:provider_ids) AS x (name) CROSS JOIN LATERAL (
        SELECT id, provider_id, payment, amount, status FROM refund
        WHERE council = :council AND provider_id = x.name AND account = :account LIMIT 2) r""").bindparams(
    _NAMES
)
# In the order of ids, as every writer of several payments takes them.
_SETTLE = text("""
    WITH settled AS (
        SELECT x.id, x.settled_on, x.fee FROM unnest(:payments, :days, :fees) AS x (id, settled_on, fee)
    ), locked AS (
        SELECT p.id FROM payment p JOIN settled s ON s.id = p.id
        WHERE p.council = :council ORDER BY p.id FOR UPDATE OF p
    )
    UPDATE payment p SET settled_on = s.settled_on, fee = s.fee, version = p.version + 1
    FROM settled s, locked l
    WHERE p.council = :council AND p.id = s.id AND l.id = s.id""").bindparams(
    bindparam("payments", type_=ARRAY(ID)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("fees", type_=ARRAY(BigInteger)),
)
INSERT_EVENTS = outbox.from_rows(
    "payments.payment",
    subject="shown",
    members="""'"payment":"', shown, '","mode":"', mode, '","reference":', to_json(reference),
        ',"amount":', amount, ',"metadata":', coalesce(metadata, '{}'), ',"settled_on":"', settled_on,
        '","fee":', fee""",
    rows="""SELECT x.n - 1 AS n, x.shown, 'settled' AS kind, p.council, p.version, p.mode, p.reference,
            p.amount, p.metadata, p.settled_on, p.fee
        FROM unnest(:payments, :shown) WITH ORDINALITY AS x (id, shown, n)
        JOIN payment p ON p.council = :council AND p.id = x.id""",
).bindparams(bindparam("payments", type_=ARRAY(ID)), bindparam("shown", type_=ARRAY(Text)))
_SETTLE_REFUNDS = text("""UPDATE refund SET settled_on = :settled_on
    WHERE council = :council AND id = ANY(:refunds)""").bindparams(
    bindparam("refunds", type_=ARRAY(ID)), bindparam("settled_on", type_=Date)
)


async def find_payments(
    session: ReadSession, council: str, account: UUID, provider_ids: Sequence[str]
) -> Sequence[Row[Any]]:
    """Find an account's payments by their ids at the processor."""
    return await session.all(_PAYMENTS, _params(council, account, provider_ids))


async def find_refunds(
    session: ReadSession, council: str, account: UUID, provider_ids: Sequence[str]
) -> Sequence[Row[Any]]:
    """Find an account's refunds by their ids at the processor."""
    return await session.all(_REFUNDS, _params(council, account, provider_ids))


async def settle_payments(session: Session, council: str, columns: Mapping[str, Any]) -> None:
    """Write ``days`` and ``fees`` of ``payments``."""
    await session.execute(_SETTLE, {"council": council, **columns})


async def settle_refunds(session: Session, council: str, refunds: Sequence[UUID], settled_on: Any) -> None:
    """Write the day on which refunds were settled."""
    await session.execute(
        _SETTLE_REFUNDS, {"council": council, "refunds": list(refunds), "settled_on": settled_on}
    )


def _params(council: str, account: UUID, provider_ids: Sequence[str]) -> dict[str, Any]:
    return {"council": council, "account": account, "provider_ids": list(provider_ids)}
