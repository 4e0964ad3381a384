"""What the routes of attachments ask for, and how a body is read."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Protocol

from fastapi import Depends, Header, Path, Query, Request

from casework.attachments import rules
from casework.attachments.actions import uploads
from casework.attachments.schemas import Role, Submission
from casework.settings import MAX_ATTACHMENT, UPLOAD_SECONDS, Settings
from chassis import ids
from chassis.auth import Caller, permission
from chassis.blobs import BlobStorage, Content
from chassis.blobs.deletion import storage_of
from chassis.body_limit import stream_body
from chassis.database import Database
from chassis.problems import Problem

Reader = Annotated[Caller, permission("casework:read")]
Worker = Annotated[Caller, permission("casework:act")]
CaseId = Annotated[ids.Id, Path(description="The case")]
AttachmentId = Annotated[ids.Id, Path(description="The attachment")]
TheSubmission = Annotated[
    Submission, Query(description="Your own id of what is sent: a case that is opened with it gets the files")
]
Restricted = Annotated[Role | None, Query(description="The one role that may know of the file")]

_BYTES = {"schema": {"type": "string", "format": "binary"}}
UPLOAD: dict[str, Any] = {
    "x-limits": {"body": MAX_ATTACHMENT, "timeout": UPLOAD_SECONDS, "stream": True},
    "requestBody": {"required": True, "content": {str(kind): _BYTES for kind in Content}},
}
DOWNLOAD: dict[str, Any] = {"x-limits": {"timeout": UPLOAD_SECONDS, "stream": True}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {str(kind): _BYTES for kind in Content}, "description": "The file, to be saved"}
}


class IncomingFile(Protocol):
    """A file on its way here: its name, the sender's word for its kind, and its bytes, once."""

    name: str
    declared: str

    def read(self) -> AsyncIterator[bytes]:
        """Read the file piece by piece. Raises Problem 400 if the sender breaks off."""


class FileBody:
    """A file that arrives as the body of a request: its name, what the sender calls it, its bytes."""

    def __init__(
        self,
        request: Request,
        content_disposition: Annotated[
            str,
            Header(
                max_length=1_000,
                description="The file's name: `attachment; filename*=UTF-8''bin%20store.jpg` (RFC 6266)",
            ),
        ] = "",
    ) -> None:
        settings: Settings = request.app.state.settings
        headers = request.headers
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "unsupported-encoding", "Send the file as it is, without Content-Encoding.")
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > settings.attachment_bytes:
            raise uploads.too_large(settings.attachment_bytes)
        self.name = rules.read_name(content_disposition)
        self.declared = headers.get("content-type", "")[:200]
        self._request = request

    def read(self) -> AsyncIterator[bytes]:
        """Read the file piece by piece. Raises Problem 400 if the sender breaks off."""
        return stream_body(self._request)


TheFile = Annotated[FileBody, Depends()]


class FileContext:
    """What a route with a file needs: no session, for none is held while bytes pass."""

    def __init__(self, request: Request) -> None:
        state = request.app.state
        self.settings: Settings = state.settings
        self.database: Database = state.database
        self.storage: BlobStorage = storage_of(state.calls)


TheContext = Annotated[FileContext, Depends()]
