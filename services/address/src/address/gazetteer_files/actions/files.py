"""Files to load: plain, gzip or zip, read with a bound on every line and on what they unpack to."""

import csv
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from address.gazetteer_files.rules import csv_rows

_LONGEST_LINE = 65_536  # bytes
_BLOCK = 1 << 18
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MOST_MEMBERS = 1_000
# Addresses pack to a tenth or so; what unpacks to very much more is made to fill a memory or a disk.
_MOST_UNPACKED, _ALWAYS_ALLOWED = 200, 1 << 26
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)


class CorruptFileError(Exception):
    """The file as a whole cannot be read; nothing of it is loaded."""

    def __init__(self, line: int, reason: str, name: str = "") -> None:
        super().__init__(f"{name}{', ' if name else ''}line {line}: {reason}")
        self.line = line
        self.reason = reason
        self.name = name


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or one file of a zip archive."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        return f"{self.path.name}/{self.member}" if self.member else self.path.name


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of files before their rows are: fingerprint of their bytes, in whatever order they are
    given, and the number of lines in each."""

    sha256: str
    lines: tuple[int, ...]


def sources(path: Path) -> list[Source]:
    """The file itself, or every CSV of the archive. Raises OSError or CorruptFileError."""
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return [Source(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            found = [one for one in archive.infolist() if not one.is_dir() and one.file_size]
    except _BROKEN as error:
        raise CorruptFileError(1, f"the zip archive is broken: {error}") from error
    # Licences and read-me files lie beside the data; an archive without any .csv is all data.
    found = [one for one in found if one.filename.lower().endswith(".csv")] or found
    if any(one.flag_bits & 1 for one in found):
        raise CorruptFileError(1, "the zip archive is encrypted")
    if not found or len(found) > _MOST_MEMBERS:
        raise CorruptFileError(1, f"the zip archive holds {len(found)} files; 1 to {_MOST_MEMBERS} are read")
    return [Source(path, one.filename) for one in sorted(found, key=lambda one: one.filename)]


def inspect(found: Sequence[Source]) -> Facts:
    """Read everything once. Raises CorruptFileError for broken packing, OSError when it cannot be opened."""
    digests = sorted(_digest(path) for path in {source.path for source in found})
    whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return Facts(whole, tuple(_count(source) for source in found))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _count(source: Source) -> int:
    lines, last = 0, b"\n"
    for block in _blocks(source):
        lines += block.count(b"\n")
        last = block[-1:]
    return lines + (last != b"\n")


def first_line(source: Source) -> str:
    """How the file begins. Raises CorruptFileError."""
    for block in _blocks(source):
        return block[:_LONGEST_LINE].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip()
    return ""


def blocks(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The file's lines without their ends, many at a time, with the number of the first.

    Raises CorruptFileError for bytes that are not UTF-8, a line without end, broken packing.
    """
    number, rest = 1, b""
    for block in _blocks(source):
        whole, mark, rest = (rest + block).rpartition(b"\n")
        if mark:
            lines = _decoded(source, number, whole)
            yield number, lines
            number += len(lines)
        if len(rest) > _LONGEST_LINE:
            raise _too_long(source, number)
    if rest:
        yield number, _decoded(source, number, rest)


def _decoded(source: Source, number: int, data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = number + data.count(b"\n", 0, error.start)
        byte = error.start - data.rfind(b"\n", 0, error.start)
        raise CorruptFileError(line, f"byte {byte} is not UTF-8", source.name) from error
    lines = text.replace("\r\n", "\n").removesuffix("\r").split("\n")
    if len(data) > _LONGEST_LINE and max(map(len, lines)) > _LONGEST_LINE:
        long = next(at for at, line in enumerate(lines) if len(line) > _LONGEST_LINE)
        raise _too_long(source, number + long)
    return lines


def _too_long(source: Source, line: int) -> CorruptFileError:
    return CorruptFileError(line, f"the line is longer than {_LONGEST_LINE} bytes", source.name)


def _blocks(source: Source) -> Iterator[bytes]:
    """The unpacked bytes. What stands before a broken place is handed out first, so lines can be counted."""
    allowed = max(_ALWAYS_ALLOWED, source.path.stat().st_size * _MOST_UNPACKED)
    lines = 0
    try:
        with _opened(source) as file:
            while block := file.read1(_BLOCK):
                allowed -= len(block)
                if allowed < 0:
                    reason = f"the file unpacks to more than {_MOST_UNPACKED} times its size"
                    raise CorruptFileError(lines + 1, reason, source.name)
                yield block
                lines += block.count(b"\n")
    except _BROKEN as error:
        kind = "zip" if source.member else "gzip"
        raise CorruptFileError(lines + 1, f"the {kind} data are broken: {error}", source.name) from error


@contextmanager
def _opened(source: Source) -> Iterator[io.BufferedIOBase]:
    if source.member:
        with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as member:
            yield member  # type: ignore[misc]  # it reads as one, in all but its type
        return
    with source.path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def header(source: Source) -> tuple[str, ...]:
    """The columns of a plain CSV. Raises CorruptFileError when they are not those that are wanted."""
    with_mark = first_line(source)
    found = tuple(name.strip().strip('"').lower() for name in with_mark.split(","))
    if not with_mark:
        raise CorruptFileError(1, "the file is empty")
    if not csv_rows.readable(found):
        wanted = ",".join(csv_rows.COLUMNS)
        may = ",".join(csv_rows.OPTIONAL)
        raise CorruptFileError(
            1, f"the header is {','.join(found)[:200]!r}; it must be {wanted}, after that {may} if you like"
        )
    return found


def records(source: Source) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of a plain CSV below its header, each with the line it starts on.

    Raises CorruptFileError with the line: wrong header, bytes that are not UTF-8, a quote that is not
    closed, a line without end.
    """
    header(source)
    reader = csv.reader(_lines(source), strict=True)
    starts = 1
    try:
        next(reader)
        starts = reader.line_num + 1
        for record in reader:
            if record:
                yield starts, record
            starts = reader.line_num + 1
    except csv.Error as error:
        raise CorruptFileError(starts, _explained(error)) from error


def _lines(source: Source) -> Iterator[str]:
    """With their ends, which inside quotation marks are a part of the value."""
    for _, lines in blocks(source):
        for line in lines:
            yield line + "\n"


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error) or "field limit" in str(error):
        return "a quotation mark is opened here and never closed"
    return f"this is not CSV: {error}"
