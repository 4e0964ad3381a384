"""Files to load: plain or gzip, read with a bound on every line, and never trusted."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from address.rules import rows

_LONGEST_LINE = 65_536  # bytes
_BLOCK = 1 << 16
_GZIP = b"\x1f\x8b"
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)


class CorruptFileError(Exception):
    """The file as a whole cannot be read; nothing of it is loaded."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file before its rows are: fingerprint of its bytes, number of rows."""

    sha256: str
    rows: int


def inspect(path: Path) -> Facts:
    """Read the file once. Raises CorruptFileError for broken gzip, OSError when it cannot be opened."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    lines, last = 0, b"\n"
    with _opened(path) as file:
        try:
            # What stands before the broken place is handed out first, so that its lines are counted.
            while block := file.read1(_BLOCK):
                lines += block.count(b"\n")
                last = block[-1:]
        except _BROKEN as error:
            raise CorruptFileError(lines + 1, f"the gzip data are broken: {error}") from error
    return Facts(digest.hexdigest(), max(lines + (last != b"\n") - 1, 0))


def records(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows below the header, each with the line it starts on.

    Raises CorruptFileError with the line: wrong header, bytes that are not UTF-8, a quote that is not
    closed, a line without end.
    """
    with _opened(path) as file:
        reader = csv.reader(_lines(file), strict=True)
        starts = 1
        try:
            _check_header(next(reader, None))
            starts = reader.line_num + 1
            for record in reader:
                if record:
                    yield starts, record
                starts = reader.line_num + 1
        except csv.Error as error:
            raise CorruptFileError(starts, _explained(error)) from error


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error) or "field limit" in str(error):
        return "a quotation mark is opened here and never closed"
    return f"this is not CSV: {error}"


def _check_header(header: Sequence[str] | None) -> None:
    wanted = list(rows.COLUMNS)
    if header is None:
        raise CorruptFileError(1, "the file is empty")
    found = [name.strip().lower() for name in header]
    if found != wanted:
        raise CorruptFileError(1, f"the header is {','.join(found)[:200]!r}; it must be {','.join(wanted)}")


def _lines(file: gzip.GzipFile | io.BufferedReader) -> Iterator[str]:
    """The file's lines as text, byte order mark and line ends included as csv wants them."""
    number = 0
    encoding = "utf-8-sig"
    while True:
        number += 1
        try:
            line = file.readline(_LONGEST_LINE)
            if not line:
                return
            if len(line) == _LONGEST_LINE:
                raise CorruptFileError(number, f"the line is longer than {_LONGEST_LINE} bytes")
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise CorruptFileError(number, f"byte {error.start + 1} is not UTF-8") from error
        except _BROKEN as error:
            raise CorruptFileError(number, f"the gzip data are broken: {error}") from error
        encoding = "utf-8"


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else path.open("rb")
