"""What a council sets for reconciliation and closes."""

from fastapi import APIRouter, Response

from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.problems import document_problems
from chassis.types import Slug
from payments.finance_settings import actions as settings
from payments.finance_settings.schemas import NewSettings, Settings
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader

router = APIRouter(prefix=BASE, tags=["reconciliation"])


@router.get("/reconciliation-settings", responses={200: ETAG})
async def read_settings(council: Slug, _: FinanceReader, session: Reading, response: Response) -> Settings:
    """Get what the council sets: the journal's layout, and after how many days items are listed."""
    current = await settings.get(session, council)
    response.headers.update(version_tag(current.version))
    return current


@router.put("/reconciliation-settings", responses={200: ETAG, **document_problems(412, 428)})
async def save_settings(
    council: Slug,
    body: NewSettings,
    caller: FinanceKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Settings:
    """Set the journal's layout and the days. Files of earlier closes stay. You need a live credential."""
    saved = await settings.save(session, council, caller, precondition, body)
    response.headers.update(version_tag(saved.version))
    return saved
