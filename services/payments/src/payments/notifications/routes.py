"""The address to which processors send their notifications."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from chassis import ids
from chassis.auth import public
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.notifications import actions

router = APIRouter(tags=["notifications"])
_MAX_BODY = 65_536
AccountId = Annotated[ids.Id, Path(description="The gateway account. Its secret signs the notification")]
_BODY = {
    "x-limits": {"body": _MAX_BODY},
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "maxProperties": 100}}},
    },
}


@router.post(
    "/{council}/payments/notifications/{account_id}",
    status_code=204,
    responses=document_problems(401),
    openapi_extra=_BODY,
)
async def receive_notification(
    _: Annotated[None, public], request: Request, council: Slug, account_id: AccountId, calls: Calls
) -> Response:
    """Take a notification of a card processor, signed by its own convention with the account's secret.

    It says where to look. What has changed is read from the processor.
    """
    body = await request.body()
    await actions.receive(calls, council, account_id, body, dict(request.headers))
    return Response(status_code=204)
