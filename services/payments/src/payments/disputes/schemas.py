"""Disputes as services see them. Source: GOV.UK Pay's published API."""

from typing import Literal

from pydantic import Field

from chassis.ids import Id
from payments.payments.schemas.responses import Instant, Link, PayModel, RefundSettlement
from payments.search.schemas import Search, SearchLinks, SearchResults


class DisputeSearch(Search):
    """A search for disputes."""

    status: Literal["needs_response", "under_review", "won", "lost"] | None = None


class Dispute(PayModel):
    """A dispute. The fee and the net amount are of a lost one: your next payout is that much less."""

    dispute_id: Id
    payment_id: Id
    amount: int
    fee: int | None = None
    net_amount: int | None = None
    reason: str = Field(examples=["fraudulent"])
    status: str = Field(examples=["needs_response"])
    created_date: Instant
    settlement_summary: RefundSettlement
    links: dict[str, Link] = Field(alias="_links")


class DisputeSearchResults(SearchResults):
    """A page of disputes, the newest first. Pay's own page has `links`, where all others have `_links`."""

    pay_links: SearchLinks = Field(alias="links")
    results: list[Dispute]
