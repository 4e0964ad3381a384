"""API models of bags."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from chassis.ids import Id
from payments.cash_office.schemas.values import BagNumber, NewRecord
from payments.funds.schemas.values import Day


class NewBag(NewRecord):
    """Tills that are banked: whole, with nothing left out."""

    office: Id
    number: BagNumber
    banked_on: Day
    tills: list[Id] = Field(min_length=1, max_length=50)


class Bag(BaseModel):
    """What the bank is to show: a bag, or, negative, a cheque that it returned."""

    id: Id
    office: Id
    kind: Literal["deposit", "returned-cheque"]
    number: str
    cash: int
    cheques: int
    amount: int
    banked_on: date
    created_by: str
    created_at: datetime
    in_transit: int = Field(description="Pence that the bank has not shown yet; 0: it has")
