"""Who takes money at the counter, and where its API lies."""

from typing import Annotated

from fastapi import Depends

from chassis.auth import Caller, permission
from chassis.types import Slug
from chassis.web.sign_in import Staff
from payments.shared.schemas import RequestBody
from payments.shared.scopes import TAKINGS

BASE = "/{council}/payments/takings/v1"


def _make_staff(council: Slug, caller: Annotated[Caller, permission(TAKINGS)]) -> Staff:
    return Staff(council, caller, "")


def _make_keeper(council: Slug, caller: Annotated[Caller, permission("payments:finance")]) -> Staff:
    return Staff(council, caller, "")


CounterStaff = Annotated[Staff, Depends(_make_staff)]
"""A caller of the API; nothing but their token is known of them."""

TakingsKeeper = Annotated[Staff, Depends(_make_keeper)]
"""Who sets where and for what money is taken."""


class Nothing(RequestBody):
    """No members."""
