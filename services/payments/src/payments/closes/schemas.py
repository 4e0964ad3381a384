"""Closes, their figures and files as the API has them."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from chassis.ids import Id
from payments.funds.schemas.values import Day
from payments.shared.schemas import RequestBody


class NewClose(RequestBody):
    """The day to close, and with it all days before it that are open."""

    day: Day = Field(description="A day that is over, in the United Kingdom")


class OpenItems(BaseModel):
    """How many items, and their pence."""

    count: int
    amount: int


class Summary(BaseModel):
    """What was taken, and what stood open when the day was closed. Amounts are pence."""

    total: int = Field(description="What was taken: fund_files, suspense and direct_income together")
    fund_files: int = Field(description="What the files of funds have in all")
    suspense: int = Field(description="What went into suspense, less what left it")
    direct_income: int = Field(description="Income of funds without a file, and surcharges")
    by_method: dict[str, int]
    open_items: dict[str, OpenItems] = Field(
        description="Payments taken and not captured, open exceptions by kind, tills not banked, e-returns "
        "not submitted, and bags late at the bank"
    )
    suspense_by_age: dict[str, OpenItems]


class ExportFile(BaseModel):
    """A file of a close. Its bytes never change."""

    id: Id
    number: int = Field(description="One more than the export before it")
    kind: Literal["journal", "fund"]
    fund: Id | None
    name: str
    sha256: str
    lines: int
    total: int = Field(description="Pence: of a fund its lines, of the journal its debits")


class Progress(BaseModel):
    """How much of a close's files is written."""

    files: int
    files_written: int
    lines: int = Field(description="Lines of all files together")
    lines_written: int


class DayClose(BaseModel):
    """A close. No day up to it takes a posting."""

    number: int
    day: date
    first_day: date = Field(description="The first day that it closes")
    closed_at: datetime
    summary: Summary
    state: Literal["writing", "complete"] = Field(
        description="Files of funds are written after the close, some thousand lines a second. Get the close "
        "again until it is complete"
    )
    progress: Progress
    exports: list[ExportFile] = Field(description="Its files that are written; of a list of closes none")
