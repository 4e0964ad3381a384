"""The balance of a close: what the funds took is what the money accounts have, counted apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payments.ledger.rules import Role

INCOME_SIDE = (Role.FUND, Role.VAT, Role.SUSPENSE, Role.SURCHARGES)
AGES = (7, 30, 90)
"""Suspense is listed by age in days: up to each of these, and more."""


@dataclass(frozen=True, slots=True)
class Takings:
    """Pence of the days of a close. ``direct_income``: of funds without a file, and surcharges."""

    total: int
    fund_files: int
    suspense: int
    direct_income: int


def balance(
    by_fund: Mapping[UUID, int], with_file: Iterable[UUID], suspense: int, surcharges: int, money: int
) -> Takings:
    """Count the takings from both sides. Raises ValueError if they differ by a penny."""
    chosen = set(with_file)
    files = sum(amount for fund, amount in by_fund.items() if fund in chosen)
    direct = sum(amount for fund, amount in by_fund.items() if fund not in chosen) + surcharges
    if files + suspense + direct != money:
        raise ValueError(
            f"fund files {files}, suspense {suspense} and direct income {direct} are not the {money} taken"
        )
    return Takings(money, files, suspense, direct)


def group_by_age(items: Iterable[tuple[date, int]], day: date) -> dict[str, dict[str, int]]:
    """Count and sum items of suspense by their age on a day."""
    names = [*(f"up_to_{age}_days" for age in AGES), f"over_{AGES[-1]}_days"]
    groups = {name: {"count": 0, "amount": 0} for name in names}
    for since, amount in items:
        age = (day - since).days
        group = groups[names[sum(age > most for most in AGES)]]
        group["count"] += 1
        group["amount"] += amount
    return groups
