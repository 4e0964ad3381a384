"""SQL of the rates of VAT codes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, bindparam, delete, insert, select

from chassis.database import ReadSession, Session
from payments.funds.tables import vat_rate

_RATES = vat_rate.c
_LIST = (
    select(vat_rate)
    .where(
        _RATES.council == bindparam("council_"),
        _RATES.vat_code == bindparam("ids", type_=ARRAY(_RATES.vat_code.type)).any_(),
    )
    .order_by(_RATES.vat_code, _RATES.from_date)
)
_DELETE = delete(vat_rate).where(_RATES.council == bindparam("council_"), _RATES.vat_code == bindparam("id_"))
_INSERT = insert(vat_rate)


async def list_rates(session: ReadSession, council: str, codes: Collection[UUID]) -> Sequence[Row[Any]]:
    """List the rates of VAT codes, each code's from the earliest on."""
    return await session.all(_LIST, {"council_": council, "ids": list(codes)})


async def insert_rates(session: Session, council: str, rates: Sequence[Mapping[str, Any]]) -> None:
    """Add rates of VAT codes; at least one."""
    await session.execute(_INSERT, [{**rate, "council": council} for rate in rates])


async def delete_rates(session: Session, council: str, code: UUID) -> None:
    """Delete the rates of a VAT code, before others take their place."""
    await session.execute(_DELETE, {"council_": council, "id_": code})
