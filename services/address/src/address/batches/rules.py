"""What a batch asks, read as it arrives: CSV ``id,address,postcode`` or JSON lines, in UTF-8.

A row that cannot be used is kept in its place with the reason, and the next one is read: one stray quotation
mark or byte costs its own row. Only a body that is something else altogether is refused as a whole.
"""

import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

COLUMNS = ("id", "address", "postcode")
LONGEST_ID, LONGEST_ADDRESS, LONGEST_POSTCODE = 100, 500, 20
_LONGEST_LINE = 65_536  # bytes
# A field between quotation marks may hold line ends. Further than this, a mark was never closed.
_MOST_LINES, _LONGEST_RECORD = 8, 2_000
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_BREAKS = re.compile(r"\s*[\t\r\n]+\s*")

Row = list[Any]
"""``[id, address, postcode, line]``, or of a row that cannot be used ``[id, None, reason, line]``."""


class UnreadableError(Exception):
    """The body as a whole is not what it says it is. Says why."""


def usable(row: Row) -> bool:
    return row[1] is not None


def reject(row: Row) -> tuple[int, str, str]:
    """What is told of a row that cannot be used: line, id, reason."""
    return row[3], row[0], row[2]


class Reader(ABC):
    """Give it the body in pieces; take the rows out of ``rows`` whenever there are enough."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._line = 0
        self._tail = b""
        self._skipping = False

    def feed(self, piece: bytes) -> None:
        """Read another piece. Raises UnreadableError."""
        if self._skipping:
            _, found, piece = piece.partition(b"\n")
            self._skipping = not found
        cut = piece.rfind(b"\n") + 1
        if cut:
            self._whole(self._tail + piece[:cut])
            self._tail = b""
        self._tail += piece[cut:]
        if len(self._tail) > _LONGEST_LINE:
            self._broken(f"is longer than {_LONGEST_LINE} bytes")
            self._tail, self._skipping = b"", True

    def finish(self) -> None:
        """The body has ended. Raises UnreadableError."""
        if self._tail:
            self._whole(self._tail + b"\n")
        self._tail = b""

    def _whole(self, lines: bytes) -> None:
        """Some whole lines: together when all is as usual, else one by one."""
        try:
            text = lines.decode()
        except UnicodeDecodeError:
            for line in lines.split(b"\n")[:-1]:
                self._one(line + b"\n")
        else:
            self._many(text)

    def _one(self, line: bytes) -> None:
        try:
            self._many(line.decode())
        except UnicodeDecodeError as error:
            self._broken(f"is not UTF-8 at byte {error.start + 1}")

    def _broken(self, reason: str) -> None:
        """The next line cannot even be read."""
        self._line += 1
        self._reject(self._line, "", reason)

    @abstractmethod
    def _many(self, text: str) -> None:
        """Whole lines of text."""

    def _row(self, line: int, key: str, address: str, postcode: str | None) -> None:
        """Keep a row, if it can be used."""
        key, address, postcode = key.strip(), address.strip(), (postcode or "").strip()
        if _ODD.search(key + address + postcode):
            address = _BREAKS.sub(", ", address)
        if fault := _fault(key, address, postcode):
            self._reject(line, key, fault)
        else:
            self.rows.append([key, address, postcode or None, line])

    def _reject(self, line: int, key: str, reason: str) -> None:
        shown = key if len(key) <= LONGEST_ID and not _ODD.search(key) else ""
        self.rows.append([shown, None, reason, line])


def _fault(key: str, address: str, postcode: str) -> str | None:
    if not key or not address:
        return f"{'address' if key else 'id'} is empty"
    if len(key) > LONGEST_ID:
        return f"id is longer than {LONGEST_ID} characters"
    if len(address) > LONGEST_ADDRESS:
        return f"address is longer than {LONGEST_ADDRESS} characters"
    if len(postcode) > LONGEST_POSTCODE:
        return f"postcode is longer than {LONGEST_POSTCODE} characters"
    return "holds a control character" if _ODD.search(key + address + postcode) else None


class CsvReader(Reader):
    """CSV after RFC 4180, its header first."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []  # lines of a record whose end is still to come
        self._headed = False

    def finish(self) -> None:
        super().finish()
        while self._open:
            self._take(last=True)
        if not self._headed:
            raise UnreadableError(f"The body is empty. It must begin with {','.join(COLUMNS)}.")

    def _broken(self, reason: str) -> None:
        if not self._headed:
            raise UnreadableError(
                f"The first line {reason}. The body must be UTF-8 and begin with {','.join(COLUMNS)}."
            )
        while self._open:
            self._take(last=True)
        super()._broken(reason)

    def _many(self, text: str) -> None:
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
        found = [name.strip(' "\r').lower() for name in line.removeprefix("\ufeff").split(",")]
        if tuple(found) != COLUMNS:
            shown = line[:80].encode("ascii", "replace").decode()
            raise UnreadableError(f"The first line is {shown!r}; it must be {','.join(COLUMNS)}.")
        self._headed = True

    def _take(self, *, last: bool) -> None:
        """Read the records that are complete. ``last``: the first must be, for no more lines may come."""
        while self._open:
            first = self._line - len(self._open) + 1
            reader = csv.reader(self._open, strict=True)
            try:
                fields = next(reader)
            except csv.Error as error:
                goes_on = "unexpected end" in str(error) and len(self._open) < _MOST_LINES
                if goes_on and not last and sum(map(len, self._open)) <= _LONGEST_RECORD:
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


class JsonReader(Reader):
    """One JSON object a line with ``id``, ``address`` and perhaps ``postcode``; other members are ignored."""

    def _many(self, text: str) -> None:
        for line in text.removeprefix("\ufeff" if not self._line else "").split("\n")[:-1]:
            self._line += 1
            if line.strip():
                self._object(line)

    def _object(self, line: str) -> None:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            self._reject(self._line, "", "is not JSON")
            return
        if not isinstance(found, dict):
            self._reject(self._line, "", "is not a JSON object")
            return
        key, address, postcode = (found.get(name) for name in COLUMNS)
        key = str(key) if type(key) is int and abs(key) < 10**LONGEST_ID else key
        if not isinstance(key, str):
            self._reject(self._line, "", "id is neither text nor a whole number")
        elif not isinstance(address, str):
            self._reject(self._line, key, "address is not text")
        elif not isinstance(postcode, str | None):
            self._reject(self._line, key, "postcode is not text")
        else:
            self._row(self._line, key, address, postcode)


READERS: dict[str, type[Reader]] = {
    "text/csv": CsvReader,
    "application/x-ndjson": JsonReader,
    "application/jsonl": JsonReader,
}
