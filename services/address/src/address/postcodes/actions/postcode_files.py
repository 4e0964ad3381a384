"""Read files of postcodes: plain, gzip or xz, in blocks of whole lines, each checked."""

import csv
import gzip
import hashlib
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from address.postcodes.rules import file_rows

_BLOCK_BYTES = 1 << 20
_MAX_LINE = 1_000  # bytes
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)


class CorruptPostcodesError(Exception):
    """The file cannot be used. Nothing of it is loaded."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class FileUnreadableError(Exception):
    """The file cannot be opened, and why."""


@dataclass(frozen=True, slots=True)
class PostcodeFileFacts:
    """Facts about a file before its rows are read: hash and number of rows."""

    sha256: str
    rows: int


@dataclass(slots=True)
class RowCount:
    """The number of rows read, and of those left out."""

    total: int = 0
    left_out: int = 0


def inspect_file(path: Path) -> PostcodeFileFacts:
    """Hash the file and count its rows. Raise CorruptPostcodesError and FileUnreadableError."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadableError(error.strerror) from error
    rows = sum(block.count(b"\n") for _, block in _read_lines(path))
    if rows == 0:
        raise CorruptPostcodesError(2, "there are no postcodes in the file")
    return PostcodeFileFacts(digest, rows)


def read_blocks(path: Path, rows: RowCount) -> Iterator[bytes]:
    """Yield the rows as checked CSV. Raise CorruptPostcodesError with the first faulty row."""
    for first, block in _read_lines(path):
        rows.total += block.count(b"\n")
        yield block if file_rows.is_plain(block) else _convert_lines(first, block, rows)


def find_lines(path: Path, postcode: str) -> list[int]:
    """Find the lines of a postcode."""
    prefix = f"{postcode},".encode()
    return [
        first + number
        for first, block in _read_lines(path)
        for number, line in enumerate(block.split(b"\n"))
        if _convert_line(first + number, line).encode().startswith(prefix)
    ]


def _convert_lines(first: int, block: bytes, rows: RowCount) -> bytes:
    """Convert a block line by line."""
    converted = []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), first):
        row = _convert_line(number, line)
        rows.left_out += not row
        converted.append(row)
    return "".join(converted).encode()


def _convert_line(number: int, line: bytes) -> str:
    if len(line) > _MAX_LINE:
        raise CorruptPostcodesError(number, f"the line is longer than {_MAX_LINE} bytes")
    try:
        return file_rows.convert_row(line.decode()) if line else ""
    except UnicodeDecodeError as error:
        raise CorruptPostcodesError(number, f"byte {error.start + 1} is not UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise CorruptPostcodesError(number, str(error)) from error


def _read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of lines below the header, each with the number of its first line, all with newlines."""
    number, rest = 1, b""
    with _open(path) as file:
        while block := _read_block(file, number + rest.count(b"\n")):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if not newline and len(rest) > _MAX_LINE:
                raise CorruptPostcodesError(number, f"the line is longer than {_MAX_LINE} bytes")
            if newline:
                yield from _below_header(number, whole + newline)
                number += whole.count(b"\n") + 1
    if rest or number == 1:
        yield from _below_header(number, rest + b"\n")


def _below_header(number: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    block = block.replace(b"\r\n", b"\n")
    if number == 1:
        header, _, block = block.partition(b"\n")
        number = 2
        try:
            file_rows.check_header(header.decode(errors="replace"))
        except ValueError as error:
            raise CorruptPostcodesError(1, str(error)) from error
    if block:
        yield number, block


def _read_block(file: BinaryIO, line: int) -> bytes:
    """Read the next block. Bytes before a fault come first."""
    try:
        return file.read1(_BLOCK_BYTES)  # type: ignore[attr-defined,no-any-return] # all three kinds have it
    except _BROKEN as error:
        raise CorruptPostcodesError(line, f"the compressed data are broken: {error}") from error


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        start = file.read(len(_XZ))
    if start == _XZ:
        return cast("BinaryIO", lzma.open(path))
    return cast("BinaryIO", gzip.open(path) if start.startswith(_GZIP) else path.open("rb"))
