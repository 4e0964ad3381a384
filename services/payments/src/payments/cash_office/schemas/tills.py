"""API models of tills."""

from datetime import date, datetime

from pydantic import Field

from chassis.ids import Id
from payments.cash_office.rules.tills import Reason, Status
from payments.cash_office.schemas.values import Counted, NewRecord, Pennies, Versioned
from payments.shared.schemas import RequestBody


class NewTill(NewRecord):
    """A till of yours for today."""

    office: Id
    opening_float: Pennies = Field(description="What is in it before anything is taken, in pence")


class TillCount(RequestBody):
    """What is in a till. You see what should be there when you have counted."""

    counted: Counted
    cheques: Pennies = Field(default=0, description="The sum of the cheques, in pence")


class Till(Versioned):
    """What one person took on one day. What was expected is not shown before it is counted."""

    office: Id
    day: date
    status: Status
    opening_float: int
    opened_by: str
    opened_at: datetime
    counted: dict[str, int] | None = Field(description="Notes and coins by their pence")
    counted_cash: int | None = Field(description="With the float")
    counted_cheques: int | None
    expected_cash: int | None = Field(description="With the float")
    expected_cheques: int | None
    difference: int | None = Field(description="Pence over; negative: short")
    counted_by: str | None
    counted_at: datetime | None
    reason: Reason | None
    note: str
    explained_by: str | None
    checked_by: str | None
    bag: Id | None
