"""GoCardless's payouts and their items, read as the port has them. Import it when it is needed.

An item has no id, and its amount is a decimal text: fees have parts of a penny, and the payout is the sum of
all, rounded. So fees are one line of whole pence, which takes the rounding with it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from gocardless_pro import services
from gocardless_pro.api_client import ApiClient
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payments.processors.actions.gocardless import PAGE, GoCardless, make_service
from payments.processors.rules import (
    MAX_LINES,
    ProcessorError,
    Settlement,
    SettlementKind,
    SettlementLine,
)

_MAX_PAYOUTS = 5_000
_MOST = 10**11  # pence
_FEES = {"gocardless_fee", "app_fee", "surcharge_fee"}
_KINDS = {
    "payment_paid_out": SettlementKind.PAYMENT,
    "payment_failed": SettlementKind.UNPAID,
    "payment_charged_back": SettlementKind.CLAIM,
    "payment_refunded": SettlementKind.REFUND,
    "refund": SettlementKind.REFUND,
}
_HALF = Decimal("0.5")


class _Payout(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(max_length=255)
    amount: int = Field(ge=-_MOST, le=_MOST)
    currency: str = Field(max_length=3)
    status: Literal["pending", "paid", "bounced"]
    reference: str = Field(max_length=255)
    created_at: datetime
    arrival_date: date | None  # null while it is pending


class _Links(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    payment: str | None = Field(default=None, max_length=200)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(max_length=40)
    amount: Decimal = Field(ge=-_MOST, le=_MOST, decimal_places=4)
    links: _Links = _Links()


async def list_payouts(provider: GoCardless, token: str, since: datetime) -> list[Settlement]:
    """List the payouts that were made since a time and are on their way or there, the oldest first."""
    params = {"created_at[gte]": since.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    records = await _list_all(provider, token, services.PayoutsService, params, _MAX_PAYOUTS)
    payouts = [_to_settlement(record) for record in records[::-1]]
    return [payout for payout in payouts if payout is not None]


async def list_payout_lines(provider: GoCardless, token: str, payout: Settlement) -> list[SettlementLine]:
    """List the lines of a payout: an item each, and one for all its fees."""
    params = {"payout": payout.provider_id}
    records = await _list_all(provider, token, services.PayoutItemsService, params, MAX_LINES)
    try:
        items = [_Item.model_validate(record) for record in records]
    except ValidationError:
        raise ProcessorError("an item of the payout cannot be read") from None
    return make_lines(payout, [(item.type, item.amount, item.links.payment) for item in items])


def make_lines(payout: Settlement, items: Iterable[tuple[str, Decimal, str | None]]) -> list[SettlementLine]:
    """Make the lines of a payout from its items: type, amount in pence, and the payment's id."""
    lines: list[SettlementLine] = []
    total = Decimal()
    names: Counter[str] = Counter()
    for kind, amount, payment in items:
        total += amount
        if kind in _FEES:
            continue
        name = f"{payment or payout.provider_id}/{kind}"
        names[name] += 1
        pence = _round(amount)
        line_kind = _KINDS.get(kind, SettlementKind.OTHER)
        line_id = f"{name}/{names[name]}"
        lines.append(SettlementLine(line_id, line_kind, pence, 0, payout.currency, payment))
    is_whole = abs(total - payout.amount) <= _HALF
    fee = sum(line.amount for line in lines) - (payout.amount if is_whole else _round(total))
    if fee:
        fee_id = f"{payout.provider_id}/fees"
        lines.append(SettlementLine(fee_id, SettlementKind.FEE, 0, fee, payout.currency))
    return lines


def _round(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _to_settlement(record: Any) -> Settlement | None:
    """Read a payout; None of one that is not sent yet."""
    try:
        payout = _Payout.model_validate(record)
    except ValidationError:
        raise ProcessorError("a payout cannot be read") from None
    if payout.status == "pending" or payout.arrival_date is None:
        return None
    return Settlement(
        provider_id=payout.id,
        amount=payout.amount,
        currency=payout.currency,
        is_reversed=payout.status == "bounced",
        reference=payout.reference,
        paid_at=payout.created_at,
        arrival_on=payout.arrival_date,
    )


async def _list_all(
    provider: GoCardless, token: str, service: Any, params: dict[str, str], most: int
) -> list[Any]:
    """List all records, page by page. Raises ProcessorError if there are more than can be."""
    records: list[Any] = []
    after: str | None = None
    while len(records) <= most:
        query = {**params, "limit": str(PAGE)} | ({"after": after} if after else {})

        def read(client: ApiClient, query: dict[str, str] = query) -> tuple[list[Any], str | None]:
            page = make_service(service, client).list(params=query)
            return [record.attributes for record in page.records], page.after

        page_records, after = await provider.run(token, read)
        records += page_records
        if after is None:
            return records
    raise ProcessorError(f"the provider lists more than {most} records")
