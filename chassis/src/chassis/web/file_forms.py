"""Submitted forms with a file: their fields are read, and the file streams on to where it is kept.

The page's form has ``enctype="multipart/form-data"`` (``form_start(multipart=True)``) and the file as its
last field. The token of the browser comes first, so that nothing of another site's form is read.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from chassis.problems import Problem
from chassis.web.forms import Form, form_body
from chassis.web.multipart import MultipartError, MultipartReader, Part
from chassis.web.origin import CSRF_FIELD, require_same_origin, require_token

MEDIA_TYPE = "multipart/form-data"
_MAX_FIELDS = 16_384  # bytes of all fields before the file
_FRAME = 65_536  # bytes around a file: fields, boundaries, headers


class FormFile:
    """The file of a form: its name as the sender calls it, their word for its kind, and its bytes, once."""

    def __init__(self, reader: MultipartReader, part: Part) -> None:
        self.name = part.filename or ""
        self.declared = part.headers.get("content-type", "")[:200]
        self._reader = reader

    async def read(self) -> AsyncIterator[bytes]:
        """Read the file piece by piece. Raises Problem 400 if the form breaks off, or goes on behind it."""
        try:
            async for piece in self._reader.read():
                yield piece
            following = await self._reader.next_part()
        except (MultipartError, ClientDisconnect):
            raise _broken_off() from None
        if following is not None:
            raise Problem(400, "invalid-request", "The file must be the last field of the form.")

    async def discard(self) -> None:
        """Read to the end and keep nothing: a browser shows no answer before it has sent everything."""
        try:
            async for _ in self._reader.read():
                pass
        except (MultipartError, ClientDisconnect):
            return


class FileForm:
    """A form and the file that its sender chose; None if they chose none."""

    def __init__(self, form: Form, file: FormFile | None) -> None:
        self.form = form
        self.file = file


async def _read_file_form(request: Request) -> FileForm:
    require_same_origin(request)
    if request.headers.get("content-encoding"):
        raise Problem(415, "unsupported-encoding", "Send the form as it is, without Content-Encoding.")
    try:
        reader = MultipartReader(aiter(request.stream()), request.headers.get("content-type", ""))
        return await _read_fields(request, reader)
    except MultipartError as error:
        raise Problem(400, "invalid-request", f"The form cannot be read: {error}.") from error
    except ClientDisconnect:
        raise _broken_off() from None


async def _read_fields(request: Request, reader: MultipartReader) -> FileForm:
    """Read the fields up to the file, the token first. Raises Problem 403 if that is another's."""
    fields: list[tuple[str, str]] = []
    size = 0
    while (part := await reader.next_part()) is not None and part.filename is None:
        value = await _read_value(reader, _MAX_FIELDS - size)
        size += len(part.name) + len(value)
        if not fields:
            require_token(request, value if part.name == CSRF_FIELD else "")
        fields.append((part.name, value))
    if not fields:
        require_token(request, "")
    form = Form.read(urlencode(fields).encode())
    file = FormFile(reader, part) if part is not None else None
    if file is not None and not file.name:  # none was chosen: browsers send an empty one
        await file.discard()
        file = None
    return FileForm(form, file)


async def _read_value(reader: MultipartReader, most: int) -> str:
    value = b""
    async for piece in reader.read():
        value += piece
        if len(value) > most:
            raise MultipartError(f"its fields have more than {_MAX_FIELDS} bytes")
    text = value.decode("utf-8", "replace")
    if "\x00" in text:
        raise MultipartError("a field has a NUL in it")
    return text


def _broken_off() -> Problem:
    return Problem(400, "upload-broken-off", "The file broke off, and nothing is kept of it. Send it again.")


SubmittedFileForm = Annotated[FileForm, Depends(_read_file_form)]
"""The form, with a file, of a POST from one of our own pages. Any other gets Problem 403 ``form-refused``."""


def file_form_body(field: str, limits: Mapping[str, Any], *required: str, **lengths: int) -> dict[str, Any]:
    """Make the ``openapi_extra`` of a route with a form whose last field, ``field``, is a file.

    ``limits``: ``body``, the bytes of the largest file, and ``timeout`` in seconds.
    """
    content = form_body(*required, **lengths)["requestBody"]["content"]
    schema = next(iter(content.values()))["schema"]
    properties = {**schema["properties"], field: {"type": "string", "format": "binary"}}
    whole = {**schema, "required": [*schema["required"], field], "properties": properties}
    return {
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": whole}}},
        "x-limits": {**limits, "body": limits["body"] + _FRAME, "stream": True},
    }
