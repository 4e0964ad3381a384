"""Read files to load: plain, gzip or zip, bounded in the length of a line and in unpacked size."""

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

_MAX_LINE = 65_536  # bytes
_BLOCK_BYTES = 1 << 18
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MAX_MEMBERS = 1_000
# Addresses compress to about a tenth; a file that unpacks to far more is an attack on memory or disk.
_MAX_RATIO, _ALWAYS_ALLOWED = 200, 1 << 26
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)


class CorruptFileError(Exception):
    """The file as a whole cannot be read. Nothing of it is loaded."""

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
class FileFacts:
    """Facts about files before their rows are read: a hash that does not depend on their order, and the
    number of lines in each."""

    sha256: str
    lines: tuple[int, ...]


def list_sources(path: Path) -> list[Source]:
    """List the file itself, or every CSV of the archive. Raise OSError or CorruptFileError."""
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return [Source(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            sources = [member for member in archive.infolist() if not member.is_dir() and member.file_size]
    except _BROKEN as error:
        raise CorruptFileError(1, f"the zip archive is broken: {error}") from error
    # Licences and read-me files lie beside the data; an archive without any .csv is all data.
    sources = [member for member in sources if member.filename.lower().endswith(".csv")] or sources
    if any(member.flag_bits & 1 for member in sources):
        raise CorruptFileError(1, "the zip archive is encrypted")
    if not sources or len(sources) > _MAX_MEMBERS:
        raise CorruptFileError(1, f"the zip archive holds {len(sources)} files; 1 to {_MAX_MEMBERS} are read")
    return [Source(path, member.filename) for member in sorted(sources, key=lambda member: member.filename)]


def inspect_sources(sources: Sequence[Source]) -> FileFacts:
    """Hash the files and count their lines. Raise CorruptFileError for broken packing, OSError."""
    digests = sorted(_digest(path) for path in {source.path for source in sources})
    whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return FileFacts(whole, tuple(_count(source) for source in sources))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _count(source: Source) -> int:
    lines, last = 0, b"\n"
    for block in _read_bytes(source):
        lines += block.count(b"\n")
        last = block[-1:]
    return lines + (last != b"\n")


def read_first_line(source: Source) -> str:
    """Read the first line. Raise CorruptFileError."""
    for block in _read_bytes(source):
        return block[:_MAX_LINE].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip()
    return ""


def read_lines(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Yield blocks of the file's lines without line ends, each with the number of its first line.

    Raises CorruptFileError for bytes that are not UTF-8, a line without end, broken packing.
    """
    number, rest = 1, b""
    for block in _read_bytes(source):
        whole, mark, rest = (rest + block).rpartition(b"\n")
        if mark:
            lines = _decode(source, number, whole)
            yield number, lines
            number += len(lines)
        if len(rest) > _MAX_LINE:
            raise _too_long(source, number)
    if rest:
        yield number, _decode(source, number, rest)


def _decode(source: Source, number: int, data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = number + data.count(b"\n", 0, error.start)
        byte = error.start - data.rfind(b"\n", 0, error.start)
        raise CorruptFileError(line, f"byte {byte} is not UTF-8", source.name) from error
    lines = text.replace("\r\n", "\n").removesuffix("\r").split("\n")
    if len(data) > _MAX_LINE and max(map(len, lines)) > _MAX_LINE:
        long = next(at for at, line in enumerate(lines) if len(line) > _MAX_LINE)
        raise _too_long(source, number + long)
    return lines


def _too_long(source: Source, line: int) -> CorruptFileError:
    return CorruptFileError(line, f"the line is longer than {_MAX_LINE} bytes", source.name)


def _read_bytes(source: Source) -> Iterator[bytes]:
    """Yield the unpacked bytes. Those before a fault come first, so that lines can be counted."""
    allowed = max(_ALWAYS_ALLOWED, source.path.stat().st_size * _MAX_RATIO)
    lines = 0
    try:
        with _open(source) as file:
            while block := file.read1(_BLOCK_BYTES):
                allowed -= len(block)
                if allowed < 0:
                    reason = f"the file unpacks to more than {_MAX_RATIO} times its size"
                    raise CorruptFileError(lines + 1, reason, source.name)
                yield block
                lines += block.count(b"\n")
    except _BROKEN as error:
        kind = "zip" if source.member else "gzip"
        raise CorruptFileError(lines + 1, f"the {kind} data are broken: {error}", source.name) from error


@contextmanager
def _open(source: Source) -> Iterator[io.BufferedIOBase]:
    if source.member:
        with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as member:
            yield member  # type: ignore[misc]  # reads like one
        return
    with source.path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def read_header(source: Source) -> tuple[str, ...]:
    """Read the columns of a plain CSV. Raise CorruptFileError when they are not the required ones."""
    with_mark = read_first_line(source)
    columns = tuple(name.strip().strip('"').lower() for name in with_mark.split(","))
    if not with_mark:
        raise CorruptFileError(1, "the file is empty")
    if not csv_rows.is_readable(columns):
        required = ",".join(csv_rows.COLUMNS)
        optional = ",".join(csv_rows.OPTIONAL)
        raise CorruptFileError(
            1,
            f"the header is {','.join(columns)[:200]!r}; it must be {required},"
            f" after that {optional} if you like",
        )
    return columns


def read_rows(source: Source) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a plain CSV below its header, each with the line it starts on.

    Raises CorruptFileError with the line: wrong header, bytes that are not UTF-8, a quote that is not
    closed, a line without end.
    """
    read_header(source)
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
        raise CorruptFileError(starts, _explain(error)) from error


def _lines(source: Source) -> Iterator[str]:
    """Yield lines with their ends, which inside quotation marks are part of the value."""
    for _, lines in read_lines(source):
        for line in lines:
            yield line + "\n"


def _explain(error: csv.Error) -> str:
    if "unexpected end of data" in str(error) or "field limit" in str(error):
        return "a quotation mark is opened here and never closed"
    return f"this is not CSV: {error}"
