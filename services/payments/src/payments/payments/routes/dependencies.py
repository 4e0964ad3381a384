"""What the operations of Pay's API share."""

from typing import Annotated

from fastapi import Depends, Header, Path, Request
from pydantic import StringConstraints

from chassis import ids
from chassis.auth import Caller, permission
from chassis.idempotency import Idempotency
from chassis.types import Slug
from payments.payments.actions.payment_json import PaymentWriter
from payments.shared.link_maker import LinkMaker

CreateCaller = Annotated[Caller, permission("payments:create")]
ReadCaller = Annotated[Caller, permission("payments:read")]
RefundCaller = Annotated[Caller, permission("payments:refund")]
PaymentId = Annotated[ids.Id, Path(description="The payment's `payment_id`")]

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="A key you choose: a repeated request is done once"),
    StringConstraints(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9-]+$"),
]


async def _get_idempotency(request: Request, key: Key = None) -> Idempotency:
    """Read Pay's key: letters, digits and hyphens."""
    return Idempotency(request, key)


async def _get_writer(request: Request, council: Slug) -> PaymentWriter:
    return PaymentWriter(request.app.state.links, council)


async def _get_links(request: Request) -> LinkMaker:
    links: LinkMaker = request.app.state.links
    return links


Writer = Annotated[PaymentWriter, Depends(_get_writer)]
Links = Annotated[LinkMaker, Depends(_get_links)]
OnlyOnce = Annotated[Idempotency, Depends(_get_idempotency)]
