"""Payments, their lines, payers and events."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Row, TextClause, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from payments.payments.tables import payer, payment, payment_event, payment_line

_PAYMENT = (payment.c.council == bindparam("council")) & (payment.c.id == bindparam("payment_id"))
_WITH_PAYER = (
    select(
        payment, *(column for column in payer.c if column.name not in payment.c and column.name != "payment")
    )
    .outerjoin(payer, (payer.c.council == payment.c.council) & (payer.c.payment == payment.c.id))
    .where(_PAYMENT)
)
_BY_PROVIDER_ID = select(payment).where(
    payment.c.council == bindparam("council"),
    payment.c.account == bindparam("account"),
    payment.c.provider_id == bindparam("provider_id"),
)
_LOCK = select(payment).where(_PAYMENT).with_for_update()
_INSERT_EVENT = insert(payment_event)
_SAVE_PAYER = upsert(payer)
_LINES = (
    select(payment_line)
    .where(payment_line.c.council == bindparam("council"), payment_line.c.payment == bindparam("payment_id"))
    .order_by(payment_line.c.n)
)
_EVENTS = (
    select(payment_event.c.status, payment_event.c.at)
    .where(
        payment_event.c.council == bindparam("council"), payment_event.c.payment == bindparam("payment_id")
    )
    .order_by(payment_event.c.n)
)
_USE_LINK = text("""UPDATE payment SET visits = visits + 1
    WHERE council = :council AND id = :payment_id AND visits = :visits""")
_MOVE = text("""UPDATE payment_line SET moved = moved + :amount, moved_vat = moved_vat + :vat
    WHERE council = :council AND payment = :payment AND n = :n""")


async def insert_payment(
    session: Session, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> None:
    """Write a payment, its basket and the first event of its history, in one statement."""
    values = {
        "payment": to_json(row).decode(),
        "lines": to_json(lines).decode(),
        "council": row["council"],
        "id": row["id"],
        "status": row["status"],
        "at": row["created_at"],
    }
    await session.execute(_make_insert(tuple(row), tuple(lines[0])), values)


@cache
def _make_insert(columns: Sequence[str], line_columns: Sequence[str]) -> TextClause:
    of_payment, basket_columns = ", ".join(columns), ", ".join(line_columns)
    return text(f"""
        WITH new_payment AS (
            INSERT INTO payment ({of_payment})
            SELECT {of_payment} FROM jsonb_populate_record(NULL::payment, CAST(:payment AS jsonb))
        ), new_lines AS (
            INSERT INTO payment_line ({basket_columns})
            SELECT {basket_columns} FROM jsonb_populate_recordset(NULL::payment_line, CAST(:lines AS jsonb))
        )
        INSERT INTO payment_event (council, payment, n, status, at)
        VALUES (:council, :id, 1, :status, :at)""").bindparams(  # noqa: S608
        bindparam("id", type_=payment.c.id.type), bindparam("at", type_=payment.c.created_at.type)
    )


async def insert_event(session: Session, council: str, payment_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what happened to a payment: n, status, at."""
    await session.execute(_INSERT_EVENT, {"council": council, "payment": payment_id, **values})


async def save_payer(session: Session, payment_row: Any, values: Mapping[str, Any]) -> None:
    """Write what is known of a payment's payer; what was known and is not among the values stays."""
    statement = _SAVE_PAYER.on_conflict_do_update(
        index_elements=["council", "payment"], set_={name: _SAVE_PAYER.excluded[name] for name in values}
    )
    of_payment = {
        "council": payment_row.council,
        "payment": payment_row.id,
        "account": payment_row.account,
        "created_at": payment_row.created_at,
    }
    await session.execute(statement, {**of_payment, **values})


async def find_payment(session: ReadSession, council: str, payment_id: UUID) -> Row[Any] | None:
    """Find a payment with its payer."""
    return await session.first(_WITH_PAYER, {"council": council, "payment_id": payment_id})


async def find_by_provider_id(
    session: ReadSession, council: str, account_id: UUID, provider_id: str
) -> Row[Any] | None:
    """Find the payment of an account by its id at the processor."""
    params = {"council": council, "account": account_id, "provider_id": provider_id}
    return await session.first(_BY_PROVIDER_ID, params)


async def lock_payment(session: Session, council: str, payment_id: UUID) -> Row[Any] | None:
    """Lock a payment until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "payment_id": payment_id})


async def update_payment(session: Session, council: str, payment_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked payment."""
    statement = update(payment).where(payment.c.council == council, payment.c.id == payment_id)
    await session.execute(statement.values(**values))


async def list_lines(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List the lines of a payment's basket."""
    return await session.all(_LINES, {"council": council, "payment_id": payment_id})


async def list_events(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List what happened to a payment, the oldest first."""
    return await session.all(_EVENTS, {"council": council, "payment_id": payment_id})


async def use_link(session: Session, council: str, payment_id: UUID, visits: int) -> bool:
    """Use a one-time link up; False if somebody did before."""
    params = {"council": council, "payment_id": payment_id, "visits": visits}
    return await session.execute(_USE_LINK, params) > 0


async def move_line(session: Session, council: str, payment: UUID, n: int, amount: int, vat: int) -> None:
    """Count a part of a locked payment's line as moved to other accounts; negative: moved back."""
    values = {"council": council, "payment": payment, "n": n, "amount": amount, "vat": vat}
    await session.execute(_MOVE, values)
