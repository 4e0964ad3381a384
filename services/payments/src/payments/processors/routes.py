"""The credentials of live accounts at their processors: written, and never read back."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis import ids
from chassis.database import Reading
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader
from payments.processors.actions import credentials
from payments.processors.actions.registry import settings_of
from payments.processors.schemas import AccountCredentials, NewCredentials

router = APIRouter(prefix=f"{BASE}/gateway-accounts/{{account_id}}/credentials", tags=["gateway accounts"])
AccountId = Annotated[ids.Id, Path(description="The gateway account, a live one")]


@router.get("", responses={200: ETAG, **document_problems(404)})
async def read_credentials(
    council: Slug, account_id: AccountId, _: FinanceReader, session: Reading, calls: Calls, response: Response
) -> AccountCredentials:
    """Get whose credentials a live account has, and where its processor sends webhooks. Never the secrets."""
    current = await credentials.get(session, settings_of(calls), council, account_id)
    response.headers.update(version_tag(current.version))
    return current


@router.put("", responses={200: ETAG, **document_problems(404, 409, 412, 428, 503)})
async def replace_credentials(
    council: Slug,
    account_id: AccountId,
    body: NewCredentials,
    caller: FinanceKeeper,
    calls: Calls,
    response: Response,
    precondition: IfMatch,
) -> AccountCredentials:
    """Set the credentials of a live account. The processor is asked whose they are. No answer has them.

    Replace them by others of the same merchant account at any time: the next call uses them. Send
    `If-Match: "0"` the first time. You need a live credential.
    """
    saved = await credentials.replace(calls, council, account_id, caller, precondition, body)
    response.headers.update(version_tag(saved.version))
    return saved
