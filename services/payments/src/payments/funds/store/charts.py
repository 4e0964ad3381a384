"""SQL of the funds and VAT codes that are in force on a day."""

from datetime import date

from sqlalchemy import Text, and_, bindparam, cast, func, or_, select, true

from chassis.database import ReadSession
from payments.funds.rules.charts import Chart, Fund, VatCode
from payments.funds.tables import fund, reference_rule, vat_code, vat_rate

_COUNCIL = bindparam("council_", type_=fund.c.council.type)
_DAY = bindparam("day", type_=fund.c.valid_from.type)
_FUNDS = (
    select(
        fund.c.id,
        fund.c.code,
        fund.c.name,
        fund.c.name_cy,
        fund.c.kind,
        cast(reference_rule.c.rule, Text).label("rule"),
        func.coalesce(reference_rule.c.help, "").label("help"),
        func.coalesce(reference_rule.c.help_cy, "").label("help_cy"),
        fund.c.vat_code,
        fund.c.vat_override,
        fund.c.ledger_code,
        fund.c.max_amount,
        fund.c.refund_spread,
        fund.c.retention_months,
    )
    .select_from(
        fund.outerjoin(
            reference_rule,
            and_(reference_rule.c.council == fund.c.council, reference_rule.c.id == fund.c.reference_rule),
        )
    )
    .where(
        fund.c.council == _COUNCIL,
        fund.c.valid_from <= _DAY,
        or_(fund.c.valid_to.is_(None), fund.c.valid_to >= _DAY),
    )
)
_RATE = (
    select(vat_rate.c.basis_points, vat_rate.c.from_date)
    .where(
        vat_rate.c.council == vat_code.c.council,
        vat_rate.c.vat_code == vat_code.c.id,
        vat_rate.c.from_date <= _DAY,
    )
    .order_by(vat_rate.c.from_date.desc())
    .limit(1)
    .lateral("rate")
)
_VAT_CODES = (
    select(
        vat_code.c.id,
        vat_code.c.code,
        vat_code.c.treatment,
        _RATE.c.from_date.is_not(None).label("has_rate"),
        _RATE.c.basis_points,
    )
    .select_from(vat_code.outerjoin(_RATE, true()))
    .where(vat_code.c.council == _COUNCIL)
)


async def read_chart(session: ReadSession, council: str, day: date) -> Chart:
    """Read a council's funds on a day: two statements, however many there are."""
    values = {"council_": council, "day": day}
    funds = [Fund(**row._asdict()) for row in await session.all(_FUNDS, values)]
    codes = [VatCode(**row._asdict()) for row in await session.all(_VAT_CODES, values)]
    return Chart({row.id: row for row in funds}, {row.id: row for row in codes})
