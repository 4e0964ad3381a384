"""The layout of the general ledger's journal: finance systems differ, so it is a council's data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from payments.ledger.rules import Role

Member = Literal[
    "source",
    "journal_number",
    "date",
    "period",
    "ledger_code",
    "vat_code",
    "method",
    "debit",
    "credit",
    "amount",
    "narrative",
    "count",
    "total",
    "constant",
]
OF_LINE = frozenset({"ledger_code", "vat_code", "method", "debit", "credit", "amount", "narrative"})
OF_TRAILER = frozenset({"count", "total"})
Text = Annotated[str, StringConstraints(max_length=40, pattern=r"^[\x20-\x7e]*$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")]


class Column(BaseModel):
    """A column: what stands in it, or a text that is always the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member: Member
    title: Text = Field(default="", description="Its heading, if there is a line of headings")
    text: Text = Field(default="", description="What a constant column has")


Columns = Annotated[tuple[Column, ...], Field(max_length=30)]


class JournalLayout(BaseModel):
    """How the journal is written. Records without columns are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: Columns = Field(
        default=(
            Column(member="source"),
            Column(member="journal_number"),
            Column(member="date"),
            Column(member="period"),
        ),
        description="The first record",
    )
    lines: Columns = Field(
        default=(
            Column(member="ledger_code", title="Ledger code"),
            Column(member="vat_code", title="VAT code"),
            Column(member="method", title="Method"),
            Column(member="debit", title="Debit"),
            Column(member="credit", title="Credit"),
            Column(member="narrative", title="Narrative"),
        ),
        min_length=1,
    )
    trailer: Columns = Field(
        default=(Column(member="count"), Column(member="total")), description="The last record"
    )
    has_titles: bool = Field(default=True, description="A line of headings comes before the lines")
    separator: Literal[",", ";", "|", "\t"] = ","
    line_ending: Literal["\r\n", "\n"] = "\r\n"
    dates: Literal["dd/mm/yyyy", "yyyy-mm-dd", "yyyymmdd", "ddmmyyyy", "ddmmyy"] = "dd/mm/yyyy"
    amounts: Literal["pounds", "pence"] = "pounds"
    sign: Literal["debit_positive", "credit_positive"] = Field(
        default="debit_positive", description="Of the column `amount`"
    )
    source: Text = Field(default="TOWNHALL", description="What the column `source` has")
    year_begins_in: Annotated[int, Field(ge=1, le=12)] = Field(
        default=4, description="The month of period 1 of your financial year"
    )
    codes: dict[Role, Code] = Field(
        default={},
        description="Ledger codes of bank, clearing, VAT and so on. Without one its name is written",
        max_length=30,
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "JournalLayout":
        members = {column.member for column in self.lines}
        if "amount" not in members and not members >= {"debit", "credit"}:
            raise ValueError("lines need the column amount, or both debit and credit")
        if {column.member for column in self.header} & (OF_LINE | OF_TRAILER):
            raise ValueError("the header has a column that only lines or the trailer have")
        if members & OF_TRAILER or {column.member for column in self.trailer} & OF_LINE:
            raise ValueError("count and total are the trailer's, and it has no columns of lines")
        return self
