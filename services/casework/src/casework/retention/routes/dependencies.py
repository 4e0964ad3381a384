"""What the routes of retention ask for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from chassis import ids
from chassis.auth import Caller, permission
from chassis.blobs import BlobStorage
from chassis.blobs.deletion import storage_of
from chassis.database import Database, Writing
from chassis.etags import IfMatch

Reader = Annotated[Caller, permission("casework:read")]
Worker = Annotated[Caller, permission("casework:act")]
HoldId = Annotated[ids.Id, Path(description="The hold")]
ListId = Annotated[ids.Id, Path(description="The disposal list")]
CaseId = Annotated[ids.Id, Path(description="The case")]
# What a browser does with an archive: it saves it, and keeps no copy of its own.
TO_BE_SAVED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a shared record: its transaction, and the versions that it is for."""

    session: Writing
    precondition: IfMatch


TheChange = Annotated[Change, Depends()]


class DownloadContext:
    """What a download needs: no session, for none is open while bytes pass."""

    def __init__(self, request: Request) -> None:
        self.database: Database = request.app.state.database
        self.storage: BlobStorage = storage_of(request.app.state.calls)


TheDownload = Annotated[DownloadContext, Depends()]
