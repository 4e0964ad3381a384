"""Signed seals of histories, and the key to check them, for auditors."""

from typing import Annotated

from fastapi import APIRouter, Request

from casework.retention.actions.disposals import make_signer
from casework.seals.actions.nightly_seals import list_seals
from casework.seals.schemas import SealKey, SealView
from chassis.auth import Caller, permission
from chassis.database import Reading
from chassis.pages import Page, Paging
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/seals", tags=["seals"])
Reader = Annotated[Caller, permission("casework:read")]


@router.get("")
async def list_all_seals(council: Slug, _: Reader, session: Reading, paging: Paging) -> Page[SealView]:
    """List the seals of the council's histories, the oldest first."""
    start = paging.start(int)
    rows = await list_seals(session, council, 0 if start is None else start[0], paging.fetch)
    return paging.page(rows, SealView.model_validate, lambda row: (row.sequence,))


@router.get("/key")
async def get_seal_key(council: Slug, _: Reader, request: Request) -> SealKey:  # noqa: ARG001
    """Get the public key with which seals and certificates of disposal are signed."""
    return SealKey(key=make_signer(request.app.state.settings).public_key())
