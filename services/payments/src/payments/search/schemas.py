"""What a search asks for, and its answer. Source: GOV.UK Pay's published API."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.payments.schemas.agreements import Agreement
from payments.payments.schemas.responses import (
    Instant,
    Link,
    PaymentSearchResult,
    PayModel,
    RefundSettlement,
    show_instant,
)
from payments.search.rules import DAWN, DUSK, MOST

MAX_SIZE = 500
_MAX_PAGE = 1_000_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,7}", re.ASCII)


def _match(pattern: re.Pattern[str], form: str) -> BeforeValidator:
    """Make the check that a text is written so before it is read: other ways to write it are refused."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError(f"Must be {form}")
        return value

    return BeforeValidator(check)


def _within_centuries(moment: datetime) -> datetime:
    """Return a time in UTC. Raises ValueError for one that no payment has."""
    if not DAWN.year <= moment.year < DUSK.year:
        raise ValueError(f"Must be from {DAWN.year} to {DUSK.year - 1}")
    return moment.astimezone(UTC)


def _day_within_centuries(day: date) -> date:
    _within_centuries(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return day


_TIME = "a date and time in UTC such as 2026-04-01T09:00:00Z"
_TEXT = AfterValidator(reject_control_characters)
SearchInstant = Annotated[
    AwareDatetime,
    AfterValidator(_within_centuries),
    _match(_INSTANT, _TIME),
    Field(json_schema_extra={"maxLength": 40}),
]
SearchDay = Annotated[
    date,
    AfterValidator(_day_within_centuries),
    _match(_DAY, "a date such as 2026-04-01"),
    Field(json_schema_extra={"maxLength": 10}),
]
SearchNumber = _match(_NUMBER, "a number")


class PagedSearch(BaseModel):
    """What every search takes. A parameter without a value counts for nothing, as at Pay."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: Annotated[int, SearchNumber] = Field(default=1, ge=1, le=_MAX_PAGE, description="The page, from 1")
    display_size: Annotated[int, SearchNumber] = Field(
        default=MAX_SIZE, ge=1, le=MAX_SIZE, description="How many results a page has"
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, query: Any) -> Any:
        if not isinstance(query, dict):
            return query
        return {name: value for name, value in query.items() if value not in {"", None}}

    @property
    def offset(self) -> int:
        """How many results come before the page."""
        return (self.page - 1) * self.display_size

    def list_parameters(self) -> dict[str, str]:
        """List the parameters that the search was asked with, without the page's, as they go into a link."""
        values = self.model_dump(exclude={"page", "display_size"}, exclude_none=True)
        return {name: _write_value(value) for name, value in values.items()}


class Search(PagedSearch):
    """A search by dates."""

    from_date: SearchInstant | None = Field(default=None, description="Created at this time or later (UTC)")
    to_date: SearchInstant | None = Field(default=None, description="Created before this time (UTC)")
    from_settled_date: SearchDay | None = Field(default=None, description="Paid out on this day or later")
    to_settled_date: SearchDay | None = Field(default=None, description="Paid out before this day")


class PaymentSearch(Search):
    """A search for payments."""

    reference: Annotated[str, StringConstraints(max_length=255), _TEXT] | None = Field(
        default=None, description="The whole reference; capital or small letters"
    )
    email: Annotated[str, StringConstraints(max_length=254), _TEXT] | None = Field(
        default=None,
        description=f"The payer's e-mail address, or a part of it. A part that is common, or has no three"
        f" letters or digits together, is looked for in the newest {MOST:,} payments: give dates as well",
    )
    state: (
        Literal["created", "started", "submitted", "capturable", "success", "failed", "cancelled", "error"]
        | None
    ) = Field(default=None, description="The state of the payments")
    card_brand: Annotated[str, StringConstraints(max_length=20), _TEXT] | None = Field(
        default=None, description="The card's brand, as `card_brand` of a payment"
    )
    cardholder_name: Annotated[str, StringConstraints(max_length=255), _TEXT] | None = Field(
        default=None, description="The name on the card, or a part of it, as for `email`"
    )
    first_digits_card_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, description="The card number's first six digits"
    )
    last_digits_card_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = Field(
        default=None, description="The card number's last four digits"
    )
    agreement_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{26}$")] | None = Field(
        default=None, description="The agreement that the payments were authorised with"
    )


class RefundSearch(Search):
    """A search for refunds."""


class AgreementSearch(PagedSearch):
    """A search for agreements."""

    reference: Annotated[str, StringConstraints(max_length=255), _TEXT] | None = Field(
        default=None, description="The whole reference; capital or small letters"
    )
    status: Literal["created", "active", "cancelled", "inactive"] | None = None


def _write_value(value: Any) -> str:
    if isinstance(value, datetime):
        return show_instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)


class SearchLinks(PayModel):
    """Links to the pages of a search."""

    self: Link
    first_page: Link
    last_page: Link
    prev_page: Link | None = None
    next_page: Link | None = None


class SearchResults(PayModel):
    """A page of a search, the newest first."""

    total: int = Field(description="How many there are on all pages")
    count: int = Field(description="How many there are on this page")
    page: int
    is_truncated: bool | None = Field(
        default=None,
        description=f"True if only the newest {MOST:,} were looked at: there may be more. Give dates as well",
    )
    links: SearchLinks = Field(alias="_links")


class RefundSearchResult(PayModel):
    """A refund of a search."""

    refund_id: Id
    payment_id: Id
    created_date: Instant
    amount: int
    status: str
    settlement_summary: RefundSettlement
    links: dict[str, Link] = Field(alias="_links")


class PaymentSearchResults(SearchResults):
    """A page of payments, the newest first."""

    results: list[PaymentSearchResult]


class RefundSearchResults(SearchResults):
    """A page of refunds, the newest first."""

    results: list[RefundSearchResult]


class AgreementSearchResults(SearchResults):
    """A page of agreements, the newest first."""

    results: list[Agreement]
