"""The lines of a collection, as they are kept: fund, VAT code and rate stay as they were."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from payments.funds.rules.baskets import Line


def make_lines(council: str, collection_id: UUID, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Make the rows of a collection's lines."""
    return [
        {
            "council": council,
            "collection": collection_id,
            "n": n,
            "fund": line.fund_id,
            "is_suspense": line.is_suspense,
            "ledger_code": line.ledger_code,
            "reference": line.reference,
            "vat_code": line.vat_code_id,
            "basis_points": line.basis_points,
            "amount": line.amount,
            "vat": line.vat,
            "narrative": line.narrative,
        }
        for n, line in enumerate(lines, 1)
    ]
