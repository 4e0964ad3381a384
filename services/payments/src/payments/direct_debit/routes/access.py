"""Who may see and change Direct Debits, and what their operations need."""

from typing import Annotated

from fastapi import Depends, Path, Request

from chassis import ids
from chassis.auth import Caller, permission
from payments.settings import Settings

BASE = "/{council}/payments/direct-debit/v1"
DebitReader = Annotated[Caller, permission("payments:direct-debit-read")]
DebitKeeper = Annotated[Caller, permission("payments:direct-debit")]
FinanceKeeper = Annotated[Caller, permission("payments:finance")]
MandateId = Annotated[ids.Id, Path(description="The mandate")]
CollectionId = Annotated[ids.Id, Path(description="The collection")]


async def _get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


ServiceSettings = Annotated[Settings, Depends(_get_settings)]
