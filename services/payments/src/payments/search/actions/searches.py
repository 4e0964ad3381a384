"""Search payments and refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import Problem
from payments.gateway_accounts.actions import accounts
from payments.search.rules import (
    COMMON,
    DAWN,
    DUSK,
    MOST,
    SAMPLED,
    Driver,
    choose_driver,
    count_pages,
    cut_days,
    find_mailbox,
    is_indexed,
    make_pattern,
)
from payments.search.schemas import AgreementSearch, PagedSearch, PaymentSearch, RefundSearch, Search
from payments.search.store import searches as store


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of what a search found. ``total``: on all pages. ``is_truncated``: not all were looked at."""

    total: int
    is_truncated: bool
    rows: Sequence[Row[Any]]


_ALWAYS = Search()
_NOTHING = SearchPage(0, is_truncated=False, rows=[])


async def search_payments(
    session: ReadSession, council: str, caller: Caller, query: PaymentSearch
) -> SearchPage:
    """Search the payments of the caller's account. Raises Problem 404 P0402 for a page after the last."""
    filters: dict[str, Any] = {
        "reference": query.reference,
        "agreement": query.agreement_id and _read_id(query.agreement_id),
        "state": query.state,
        "card_brand": query.card_brand,
        "email": query.email and make_pattern(query.email),
        "cardholder_name": query.cardholder_name and make_pattern(query.cardholder_name),
        "first_digits": query.first_digits_card_number,
        "last_digits": query.last_digits_card_number,
    }
    filters = {name: value for name, value in filters.items() if value is not None}
    parts = [part for part in (query.email, query.cardholder_name) if part]
    mailbox = find_mailbox(query.email or "")
    if mailbox is not None:
        filters["mailbox"] = mailbox
    page = await find(session, council, caller, store.PAYMENTS, query, filters, parts)
    return require_page(page, query, "P0402")


def _read_id(text: str) -> UUID:
    """Read an id; for what is none of ours, one that nothing has."""
    try:
        return ids.read(text)
    except ValueError:
        return UUID(int=0)


async def search_refunds(
    session: ReadSession, council: str, caller: Caller, query: RefundSearch
) -> SearchPage:
    """Search the refunds of the caller's account. Raises Problem 404 P1100 for a page after the last."""
    page = await find(session, council, caller, store.REFUNDS, query, {})
    return require_page(page, query, "P1100")


async def search_agreements(
    session: ReadSession, council: str, caller: Caller, query: AgreementSearch
) -> SearchPage:
    """Search the agreements of the caller's account. Raises Problem 404 P2402 for a page after the last."""
    filters = {"reference": query.reference, "state": query.status}
    filters = {name: value for name, value in filters.items() if value is not None}
    page = await find(session, council, caller, store.AGREEMENTS, query, filters)
    return require_page(page, query, "P2402")


def make_subject(table: Table) -> store.Subject:
    """Make what a search of a table needs: one with council, account, id, created_at, state, settled_on."""
    return store.make_subject(table)


async def find(
    session: ReadSession,
    council: str,
    caller: Caller,
    subject: store.Subject,
    query: PagedSearch,
    filters: dict[str, Any],
    parts: Sequence[str] = (),
) -> SearchPage:
    """Find a page of the caller's account."""
    account = await accounts.find_account(session, council, caller)
    if account is None:
        return _NOTHING
    names = set(filters)
    dates = query if isinstance(query, Search) else _ALWAYS
    if dates.from_settled_date or dates.to_settled_date:
        names.add("settled")
    driver = choose_driver(names)
    statement = store.build_statement(subject, driver, frozenset(names))
    params = {"account": account.id, **_page_params(query, dates, driver, parts), **filters}
    rows = await store.search(session, statement, council, params)
    first = rows[0]
    return SearchPage(first.total, first.is_truncated, rows if first.id is not None else [])


def _page_params(query: PagedSearch, dates: Search, driver: Driver, parts: Sequence[str]) -> dict[str, Any]:
    """Return the times, the page and the bounds of a search's statement."""
    since, until = dates.from_date or DAWN, dates.to_date or DUSK
    days = cut_days(since, max(since, until))
    params = {"since": since, "until": until, "offset": query.offset, "size": query.display_size}
    if driver is Driver.COUNTS:
        return params | {
            "first_day": days.whole[0],
            "last_day": days.whole[1],
            "head_since": days.head[0],
            "head_until": days.head[1],
            "tail_since": days.tail[0],
            "tail_until": days.tail[1],
        }
    return params | {
        "most": MOST,
        "sampled": SAMPLED,
        "common": COMMON,
        "is_indexed": any(map(is_indexed, parts)) or find_mailbox(parts[0] if parts else "") is not None,
        "settled_since": dates.from_settled_date or DAWN.date(),
        "settled_until": dates.to_settled_date or DUSK.date(),
    }


def require_page(page: SearchPage, query: PagedSearch, code: str) -> SearchPage:
    """Return what was found. Raises Problem 404 with the operation's code for a page after the last."""
    if query.page > count_pages(page.total, query.display_size):
        raise Problem(404, code, "Page not found")
    return page
