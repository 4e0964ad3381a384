"""Read the rows of a batch as they arrive: CSV ``id,address,postcode`` or JSON lines, in UTF-8.

A faulty row is kept in its place with the reason, and reading continues: a stray quotation mark or byte
affects only its row. Only a body in another format is refused as a whole.
"""

import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

COLUMNS = ("id", "address", "postcode")
MAX_ID, MAX_ADDRESS, MAX_POSTCODE = 100, 500, 20
_MAX_LINE = 65_536  # bytes
# A quoted field may contain line ends. Beyond these bounds, the quotation mark was never closed.
_MAX_LINES, _MAX_RECORD = 8, 2_000
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_BREAKS = re.compile(r"\s*[\t\r\n]+\s*")

Row = list[Any]
"""``[id, address, postcode, line]``, or of a row that cannot be used ``[id, None, reason, line]``."""


class UnreadableError(Exception):
    """The body as a whole is not in its format."""


def is_usable(row: Row) -> bool:
    return row[1] is not None


def to_reject(row: Row) -> tuple[int, str, str]:
    """Return the reject of a faulty row: line, id, reason."""
    return row[3], row[0], row[2]


class BatchReader(ABC):
    """A reader of the body in pieces; the caller takes rows out of ``rows``."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._line = 0
        self._tail = b""
        self._skipping = False

    def feed(self, piece: bytes) -> None:
        """Read another piece. Raise UnreadableError."""
        if self._skipping:
            _, match, piece = piece.partition(b"\n")
            self._skipping = not match
        cut = piece.rfind(b"\n") + 1
        if cut:
            self._read_whole(self._tail + piece[:cut])
            self._tail = b""
        self._tail += piece[cut:]
        if len(self._tail) > _MAX_LINE:
            self._reject_line(f"is longer than {_MAX_LINE} bytes")
            self._tail, self._skipping = b"", True

    def finish(self) -> None:
        """End the body. Raise UnreadableError."""
        if self._tail:
            self._read_whole(self._tail + b"\n")
        self._tail = b""

    def _read_whole(self, lines: bytes) -> None:
        """Read whole lines: together if all are valid UTF-8, else one by one."""
        try:
            text = lines.decode()
        except UnicodeDecodeError:
            for line in lines.split(b"\n")[:-1]:
                self._read_line(line + b"\n")
        else:
            self._read_lines(text)

    def _read_line(self, line: bytes) -> None:
        try:
            self._read_lines(line.decode())
        except UnicodeDecodeError as error:
            self._reject_line(f"is not UTF-8 at byte {error.start + 1}")

    def _reject_line(self, reason: str) -> None:
        """Record an unreadable line."""
        self._line += 1
        self._reject(self._line, "", reason)

    @abstractmethod
    def _read_lines(self, text: str) -> None:
        """Read whole lines of text."""

    def _row(self, line: int, key: str, address: str, postcode: str | None) -> None:
        """Add a row, or its reject."""
        key, address, postcode = key.strip(), address.strip(), (postcode or "").strip()
        if _ODD.search(key + address + postcode):
            address = _BREAKS.sub(", ", address)
        if fault := _fault(key, address, postcode):
            self._reject(line, key, fault)
        else:
            self.rows.append([key, address, postcode or None, line])

    def _reject(self, line: int, key: str, reason: str) -> None:
        safe = key if len(key) <= MAX_ID and not _ODD.search(key) else ""
        self.rows.append([safe, None, reason, line])


def _fault(key: str, address: str, postcode: str) -> str | None:
    if not key or not address:
        return f"{'address' if key else 'id'} is empty"
    if len(key) > MAX_ID:
        return f"id is longer than {MAX_ID} characters"
    if len(address) > MAX_ADDRESS:
        return f"address is longer than {MAX_ADDRESS} characters"
    if len(postcode) > MAX_POSTCODE:
        return f"postcode is longer than {MAX_POSTCODE} characters"
    return "holds a control character" if _ODD.search(key + address + postcode) else None


class CsvReader(BatchReader):
    """CSV after RFC 4180, its header first."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []  # lines of an unfinished record
        self._headed = False

    def finish(self) -> None:
        super().finish()
        while self._open:
            self._take(last=True)
        if not self._headed:
            raise UnreadableError(f"The body is empty. It must begin with {','.join(COLUMNS)}.")

    def _reject_line(self, reason: str) -> None:
        if not self._headed:
            raise UnreadableError(
                f"The first line {reason}. The body must be UTF-8 and begin with {','.join(COLUMNS)}."
            )
        while self._open:
            self._take(last=True)
        super()._reject_line(reason)

    def _read_lines(self, text: str) -> None:
        lines = text.split("\n")[:-1]
        if not self._headed:
            self._header(lines.pop(0))
        if self._open or '"' in text:
            for line in lines:
                self._line += 1
                self._open.append(line + "\n")
                self._take(last=False)
            return
        for line in lines:
            self._line += 1
            if line.strip():
                self._fields(self._line, line.split(","))

    def _header(self, line: str) -> None:
        self._line += 1
        match = [name.strip(' "\r').lower() for name in line.removeprefix("\ufeff").split(",")]
        if tuple(match) != COLUMNS:
            safe = line[:80].encode("ascii", "replace").decode()
            raise UnreadableError(f"The first line is {safe!r}; it must be {','.join(COLUMNS)}.")
        self._headed = True

    def _take(self, *, last: bool) -> None:
        """Read the complete records. ``last``: no more lines may be added to the first."""
        while self._open:
            first = self._line - len(self._open) + 1
            reader = csv.reader(self._open, strict=True)
            try:
                fields = next(reader)
            except csv.Error as error:
                goes_on = "unexpected end" in str(error) and len(self._open) < _MAX_LINES
                if goes_on and not last and sum(map(len, self._open)) <= _MAX_RECORD:
                    return
                self._reject(first, "", "has a quotation mark or a line end that is out of place")
                del self._open[0]
            else:
                if fields:
                    self._fields(first, fields)
                del self._open[: reader.line_num]

    def _fields(self, line: int, fields: Sequence[str]) -> None:
        if len(fields) == len(COLUMNS):
            self._row(line, fields[0], fields[1], fields[2])
        else:
            self._reject(line, fields[0].strip(), f"has {len(fields)} fields, not {len(COLUMNS)}")


class JsonReader(BatchReader):
    """JSON lines: objects with ``id``, ``address`` and optionally ``postcode``; other members are ignored."""

    def _read_lines(self, text: str) -> None:
        for line in text.removeprefix("\ufeff" if not self._line else "").split("\n")[:-1]:
            self._line += 1
            if line.strip():
                self._object(line)

    def _object(self, line: str) -> None:
        try:
            match = json.loads(line)
        except (ValueError, RecursionError):
            self._reject(self._line, "", "is not JSON")
            return
        if not isinstance(match, dict):
            self._reject(self._line, "", "is not a JSON object")
            return
        key, address, postcode = (match.get(name) for name in COLUMNS)
        key = str(key) if type(key) is int and abs(key) < 10**MAX_ID else key
        if not isinstance(key, str):
            self._reject(self._line, "", "id is neither text nor a whole number")
        elif not isinstance(address, str):
            self._reject(self._line, key, "address is not text")
        elif not isinstance(postcode, str | None):
            self._reject(self._line, key, "postcode is not text")
        else:
            self._row(self._line, key, address, postcode)


READERS: dict[str, type[BatchReader]] = {
    "text/csv": CsvReader,
    "application/x-ndjson": JsonReader,
    "application/jsonl": JsonReader,
}
