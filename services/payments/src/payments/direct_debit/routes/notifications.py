"""The address to which the provider of Direct Debit sends its webhooks."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from chassis import ids
from chassis.auth import public
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.direct_debit.actions import provider_reads

router = APIRouter(tags=["direct debit"])
_MAX_BODY = 1_048_576  # 250 events
UserId = Annotated[ids.Id, Path(description="The service user. Its secret signs the notification")]
_BODY = {
    "x-limits": {"body": _MAX_BODY},
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "maxProperties": 100}}},
    },
}


@router.post(
    "/{council}/payments/direct-debit/notifications/{user_id}",
    status_code=204,
    responses=document_problems(401),
    openapi_extra=_BODY,
)
async def receive_direct_debit_notification(
    _: Annotated[None, public], request: Request, council: Slug, user_id: UserId, context: Calls
) -> Response:
    """Take a webhook of GoCardless, signed by HMAC-SHA256 of its body (`Webhook-Signature`).

    It says where to look. What has changed is read from the provider.
    """
    body = await request.body()
    signature = request.headers.get("webhook-signature", "")
    await provider_reads.receive(context, council, user_id, body, signature)
    return Response(status_code=204)
