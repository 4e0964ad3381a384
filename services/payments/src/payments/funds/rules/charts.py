"""A council's funds on one day, with the VAT codes that were in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from payments.shared.references import Rule

SUSPENSE, TRANSFER = "suspense", "transfer"
Coded = TypeVar("Coded", "Fund", "VatCode")


@dataclass(frozen=True, slots=True)
class VatCode:
    """A VAT code and its rate on the day."""

    id: UUID
    code: str
    treatment: str
    has_rate: bool  # some rate has begun
    basis_points: int | None  # null: no VAT at all


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund as a basket needs it. ``rule`` is JSON, read when a line has this fund."""

    id: UUID
    code: str
    name: str
    name_cy: str
    kind: str
    rule: str | None
    help: str
    help_cy: str
    vat_code: UUID
    vat_override: bool
    ledger_code: str
    max_amount: int | None
    refund_spread: str
    retention_months: int

    def parse_rule(self) -> Rule | None:
        """Parse the rule of its references; None if they may be anything."""
        return _parse_rule(self.rule) if self.rule is not None else None


@lru_cache(maxsize=1_000)
def _parse_rule(text: str) -> Rule:
    return Rule.model_validate_json(text)


@dataclass(frozen=True, slots=True)
class Chart:
    """The funds of a council that take money on a day: two may have one code after a merge of councils."""

    funds: Mapping[UUID, Fund]
    vat_codes: Mapping[UUID, VatCode]
    _by_code: Mapping[str, list[Fund]] = field(init=False, repr=False, compare=False)
    _vat_by_code: Mapping[str, list[VatCode]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Arrange both by code."""
        object.__setattr__(self, "_by_code", _group(self.funds.values()))
        object.__setattr__(self, "_vat_by_code", _group(self.vat_codes.values()))

    def list_funds(self, code: str) -> list[Fund]:
        """List the funds with a code: none, one, or several."""
        return self._by_code.get(code, [])

    def list_vat_codes(self, code: str) -> list[VatCode]:
        """List the VAT codes with a code."""
        return self._vat_by_code.get(code, [])

    def get_suspense(self) -> Fund | None:
        """Get the fund for money that cannot be placed: of several the first that was added."""
        suspense = [fund for fund in self.funds.values() if fund.kind == SUSPENSE]
        return min(suspense, key=lambda fund: fund.id, default=None)


def _group(rows: Iterable[Coded]) -> dict[str, list[Coded]]:
    groups: dict[str, list[Coded]] = {}
    for row in rows:
        groups.setdefault(row.code, []).append(row)
    return groups
