"""A multipart body (RFC 7578), part by part, as it arrives: no part is ever whole in memory."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_MAX_PARTS = 20
_MAX_HEADERS = 8  # of a part
_MAX_HEADER = 2_000  # bytes of a header, and so of a file's name


class MultipartError(ValueError):
    """A body is not what a browser sends of a form: malformed, cut off, or of too many parts."""


@dataclass(slots=True)
class Part:
    """A part: its headers in lower case, and what they call it. ``filename`` is None for a plain field."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None


_Event: TypeAlias = tuple[Literal["part"], Part] | tuple[Literal["data"], bytes] | tuple[Literal["end"], None]


class MultipartReader:
    """Reads parts in their order. Holds the one piece of the body that is being read.

    Call ``next_part``, then iterate over ``read``; what is left of a part is passed over by the next call.
    """

    def __init__(self, chunks: AsyncIterator[bytes], content_type: str) -> None:
        self._chunks = chunks
        self._events: deque[_Event] = deque()
        self._part = Part()
        self._header = self._value = b""
        self._count = 0
        self._is_complete = False
        self._parser = self._make_parser(content_type)

    async def next_part(self) -> Part | None:
        """Read on to the next part; None at the end of a whole body. Raises MultipartError."""
        while (event := await self._next()) is not None:
            if event[0] == "part":
                return event[1]
        return None

    async def read(self) -> AsyncIterator[bytes]:
        """Read the bytes of the part that was reached. Raises MultipartError if the body ends within it."""
        while (event := await self._next()) is not None and event[0] == "data":
            yield event[1]

    async def _next(self) -> _Event | None:
        while not self._events:
            if self._is_complete:
                return None
            chunk = await anext(self._chunks, b"")
            if not chunk:
                raise MultipartError("the body ends before its last boundary")
            self._write(chunk)
        return self._events.popleft()

    def _write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MultipartError(str(error)) from error

    def _make_parser(self, content_type: str) -> MultipartParser:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise MultipartError("it is no multipart/form-data with a boundary")
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", None)),
            "on_end": self._complete,
        }
        try:
            return MultipartParser(
                boundary,
                callbacks,  # type: ignore[arg-type]
                max_header_count=_MAX_HEADERS,
                max_header_size=_MAX_HEADER,
            )
        except FormParserError as error:
            raise MultipartError(str(error)) from error

    def _begin(self) -> None:
        self._count += 1
        if self._count > _MAX_PARTS:
            raise MultipartError(f"it has more than {_MAX_PARTS} parts")
        self._part = Part()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._part.headers[self._header.decode("ascii").lower()] = self._value.decode("latin-1")
        self._header = self._value = b""

    def _end_headers(self) -> None:
        part = self._part
        kind, options = parse_options_header(part.headers.get("content-disposition"))
        if kind != b"form-data" or not options.get(b"name"):
            raise MultipartError("a part has no name")
        part.name = _decode(options[b"name"])
        filename = options.get(b"filename")
        part.filename = None if filename is None else _decode(filename)
        self._events.append(("part", part))

    def _complete(self) -> None:
        self._is_complete = True


def _decode(value: bytes) -> str:
    """Read a name as browsers write it: UTF-8, with only quotation marks and line ends escaped."""
    text = value.decode("utf-8", "replace")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
