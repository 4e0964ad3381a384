"""The browser that opened a payment's link: it alone sees the payment's pages.

Its cookie is derived from the service's key, so no row is needed, and not from the browser's own secret,
which browsers leave out when a service's form leads here. It names the link: when a browser opens the
payment's next link, the one before sees the pages no more.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Database
from chassis.ids import Id
from chassis.problems import Problem
from chassis.web import Pages, cookie_name, gettext_noop, set_cookie
from payments.payments.actions import payer

pages = Pages("payments", name=gettext_noop("Payments"))
_DETAIL = "This browser has not opened the payment. Open it from the service where you began."
_AFTERWARDS = timedelta(hours=1)
_MAX_VISITS = 2**31


class Visit(NamedTuple):
    """A browser on the pages of a payment. ``number``: of the link that it opened, from 1."""

    payment_id: UUID
    number: int


def admit(request: Request, response: Response, visit: Visit, expires_at: datetime) -> None:
    """Let this browser see the payment's pages until some time after the payment's end."""
    seconds = (expires_at - clock.now() + _AFTERWARDS).total_seconds()
    value = f"{visit.number}.{_sign(request, visit)}"
    set_cookie(request, response, _cookie(visit.payment_id), value, max(int(seconds), 0))


def find_visit(request: Request, payment_id: UUID) -> Visit | None:
    """Find the link of a payment that this browser opened."""
    cookie = request.cookies.get(cookie_name(request, _cookie(payment_id)), "")
    number, _, signature = cookie.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(_MAX_VISITS))):
        return None
    visit = Visit(payment_id, min(int(number), _MAX_VISITS))
    return visit if hmac.compare_digest(signature.encode(), _sign(request, visit).encode()) else None


def require_latest(visit: Visit, row: Row[Any]) -> None:
    """Raise Problem 403 if another browser opened a later link of the payment."""
    if row.visits != visit.number:
        raise Problem(403, "other-browser", _DETAIL)


def database_of(request: Request) -> Database:
    """Get the database, for a route that holds no session while it calls outside."""
    database: Database = request.app.state.database
    return database


async def find_payment(request: Request, council: str, visit: Visit) -> Row[Any]:
    """Find the payment of a visit. Raises Problem 403 if another browser opened a later link of it."""
    async with database_of(request).reading(council) as session:
        row = await payer.find(session, council, visit.payment_id)
    require_latest(visit, row)
    return row


def _cookie(payment_id: UUID) -> str:
    """Name a cookie for each payment: two tabs may pay two things."""
    return f"payment-{ids.show(payment_id)}"


def _sign(request: Request, visit: Visit) -> str:
    key = request.app.state.links.ticket_key
    return hmac.digest(key, visit.payment_id.bytes + visit.number.to_bytes(4), hashlib.sha256).hex()


async def _require_visit(request: Request, payment_id: Id) -> Visit:
    visit = find_visit(request, payment_id)
    if visit is None:
        raise Problem(403, "other-browser", _DETAIL)
    return visit


Visited = Annotated[Visit, Depends(_require_visit)]
"""The visit of the payment in the path, whose link this browser opened. Raises Problem 403."""
