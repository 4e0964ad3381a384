"""Files of postcodes: plain, gzip or xz, read in blocks of whole lines, and never trusted."""

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

_BLOCK = 1 << 20
_LONGEST_LINE = 1_000  # bytes
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)


class CorruptPostcodesError(Exception):
    """The file cannot be used; nothing of it is loaded."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class FileUnreadableError(Exception):
    """The file cannot be opened, and why."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file before its rows are: fingerprint of its bytes, number of rows."""

    sha256: str
    rows: int


@dataclass(slots=True)
class Rows:
    """How many rows have been read, and how many of them left out."""

    read: int = 0
    left_out: int = 0


def inspect(path: Path) -> Facts:
    """Read the file once. Raises CorruptPostcodesError and FileUnreadableError."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadableError(error.strerror) from error
    rows = sum(block.count(b"\n") for _, block in _blocks(path))
    if rows == 0:
        raise CorruptPostcodesError(2, "there are no postcodes in the file")
    return Facts(digest, rows)


def blocks(path: Path, rows: Rows) -> Iterator[bytes]:
    """The rows as CSV that is known to be right. Raises CorruptPostcodesError with the first that is not."""
    for first, block in _blocks(path):
        rows.read += block.count(b"\n")
        yield block if file_rows.plain(block) else _mended(first, block, rows)


def lines_of(path: Path, postcode: str) -> list[int]:
    """The lines a postcode stands on."""
    sought = f"{postcode},".encode()
    return [
        first + number
        for first, block in _blocks(path)
        for number, line in enumerate(block.split(b"\n"))
        if _row(first + number, line).encode().startswith(sought)
    ]


def _mended(first: int, block: bytes, rows: Rows) -> bytes:
    """The block line by line."""
    kept = []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), first):
        row = _row(number, line)
        rows.left_out += not row
        kept.append(row)
    return "".join(kept).encode()


def _row(number: int, line: bytes) -> str:
    if len(line) > _LONGEST_LINE:
        raise CorruptPostcodesError(number, f"the line is longer than {_LONGEST_LINE} bytes")
    try:
        return file_rows.read(line.decode()) if line else ""
    except UnicodeDecodeError as error:
        raise CorruptPostcodesError(number, f"byte {error.start + 1} is not UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise CorruptPostcodesError(number, str(error)) from error


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines below the header in blocks, each with the number of its first line; all end in a newline."""
    number, rest = 1, b""
    with _opened(path) as file:
        while block := _read(file, number + rest.count(b"\n")):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if not newline and len(rest) > _LONGEST_LINE:
                raise CorruptPostcodesError(number, f"the line is longer than {_LONGEST_LINE} bytes")
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


def _read(file: BinaryIO, line: int) -> bytes:
    """The next of the file: what stands before a broken place is handed out first."""
    try:
        return file.read1(_BLOCK)  # type: ignore[attr-defined,no-any-return] # all three kinds have it
    except _BROKEN as error:
        raise CorruptPostcodesError(line, f"the compressed data are broken: {error}") from error


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        start = file.read(len(_XZ))
    if start == _XZ:
        return cast("BinaryIO", lzma.open(path))
    return cast("BinaryIO", gzip.open(path) if start.startswith(_GZIP) else path.open("rb"))
