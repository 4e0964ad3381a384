"""What a case holds after a decision."""

from dataclasses import dataclass
from datetime import date

from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import CaseType, Holding


@dataclass(frozen=True, slots=True)
class HoldingChange:
    """What a case holds from now on, or no longer."""

    holding: str
    kind: str
    is_active: bool
    number: str | None
    plate: str | None
    until: date | None


def list_changes(case_type: CaseType, state: CaseState) -> list[HoldingChange]:
    """List what a case in a state holds, and what it does not."""
    return [_find_change(holding, state) for holding in case_type.holdings.values()]


def _find_change(holding: Holding, state: CaseState) -> HoldingChange:
    number, plate = state.fields.get(holding.number), state.fields.get(holding.plate)
    due = state.due_dates.get(holding.until)
    return HoldingChange(
        holding=holding.id,
        kind=holding.kind,
        is_active=state.state in holding.states,
        number=None if number is None else str(number),
        plate=None if plate is None else write_plate(str(plate)),
        until=None if due is None else due.on,
    )


def write_plate(text: str) -> str:
    """Write a registration number as it is compared: capitals without spaces."""
    return "".join(text.split()).upper()
