"""Read the volumes of an AddressBase or DTF supply: in order, whole, and without a lost line.

A volume begins with a header (record 10) and ends with a trailer (99) that gives the number of records
between them and the next volume (0: none). A trailer that also counts metadata, header and itself is
accepted, unless PRO_ORDER has a gap of that many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from address.gazetteer_files.actions import files
from address.gazetteer_files.actions.files import CorruptFileError, Source
from address.gazetteer_files.rules import layouts, records
from address.gazetteer_files.rules.layouts import Layout
from address.gazetteer_files.rules.records import RecordBlock, UnclosedError

_HEADER = ("record", "custodian name", "custodian", "process date", "volume", "entry date", "time stamp",
           "version", "file type")  # fmt: skip
_TELLTALE_RECORDS = ("11,", "21,")
_TRAILER = ("record", "next volume", "record count", "entry date", "time stamp")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a volume. ``full``: records that the supply lacks have ended."""

    custodian: int
    day: date
    volume: int
    layout: Layout
    full: bool


@dataclass(frozen=True, slots=True)
class TrailerMismatch:
    """A trailer that counts more records than there are: header, metadata and itself, or ``missing`` ones."""

    name: str
    line: int
    missing: int


@dataclass(slots=True)
class Supply:
    """The volumes in order, each with the count of lines before it."""

    headers: tuple[Header, ...]
    sources: tuple[Source, ...]
    offsets: list[int] = field(default_factory=list)
    mismatches: list[TrailerMismatch] = field(default_factory=list)

    @property
    def header(self) -> Header:
        return self.headers[0]

    def place(self, line: int) -> tuple[Source, int]:
        """Find the volume of a line counted over all volumes, and its number in that volume."""
        nth = max(nth for nth, offset in enumerate(self.offsets) if offset < max(line, 1))
        return self.sources[nth], line - self.offsets[nth]


def is_supply(source: Source) -> bool:
    """Return whether the file begins with a header record."""
    return files.read_first_line(source).replace('"', "").startswith("10,")


def open_supply(sources: Sequence[Source], lines: Sequence[int]) -> Supply:
    """Order the volumes by their numbers. Raise CorruptFileError for a wrong header."""
    opened = sorted(
        ((_read_header(source), source, count) for source, count in zip(sources, lines, strict=True)),
        key=lambda volume: volume[0].volume,
    )
    first = opened[0][0]
    if first.volume > 1:
        raise CorruptFileError(1, f"this is volume {first.volume}; volume 1 is missing", opened[0][1].name)
    for header, source, _ in opened[1:]:
        if (header.layout, header.full, header.custodian) != (first.layout, first.full, first.custodian):
            raise CorruptFileError(1, "belongs to another supply than the first volume", source.name)
    supply = Supply(tuple(volume[0] for volume in opened), tuple(volume[1] for volume in opened))
    supply.offsets = [sum(volume[2] for volume in opened[:nth]) for nth in range(len(opened))]
    return supply


def _read_header(source: Source) -> Header:
    values = _split(source, 1, files.read_first_line(source))
    if len(values) != len(_HEADER) or values[0] != layouts.HEADER:
        raise CorruptFileError(1, f"the header (record 10) must have {len(_HEADER)} columns", source.name)
    fields = dict(zip(_HEADER, values, strict=True))
    layout = layouts.find_by_version(fields["version"])
    if layout is None:
        formats = ", ".join(f"{layout.name} ({' or '.join(layout.versions)})" for layout in layouts.LAYOUTS)
        reason = f"version {fields['version'][:20]!r} is of no layout that is known: {formats}"
        raise CorruptFileError(1, reason, source.name)
    layout = _fit_layout(layout, source)
    kind = fields["file type"].strip().upper()[:1]
    if kind not in {"F", "C"}:
        raise CorruptFileError(1, "the file type must be F (full) or C (change only)", source.name)
    try:
        day = date.fromisoformat(fields["process date"])
        return Header(int(fields["custodian"]), day, int(fields["volume"]), layout, kind == "F")
    except ValueError as error:
        raise CorruptFileError(1, f"the header (record 10) is wrong: {error}", source.name) from error


def _fit_layout(layout: Layout, source: Source) -> Layout:
    """Choose the release of the layout by the first street or property, whose columns differ."""
    for _, lines in files.read_lines(source):
        telltale = next((line for line in lines if line.replace('"', "")[:3] in _TELLTALE_RECORDS), None)
        if telltale is not None:
            values = _split(source, 1, telltale)
            return layouts.fit_release(layout, values[0], len(values))
        break
    return layout


def _split(source: Source, line: int, text: str) -> list[str]:
    try:
        return [value.strip() for value in records.split_line(line, text)]
    except UnclosedError as error:
        raise _unclosed(source, error) from error


def _unclosed(source: Source, error: UnclosedError) -> CorruptFileError:
    reason = "a quotation mark is opened here and never closed, or stands in a wrong place"
    return CorruptFileError(error.args[0], reason, source.name)


def read_supply(supply: Supply) -> Iterator[RecordBlock]:
    """Yield every block of every volume. Raise CorruptFileError, at the latest after the last block."""
    layout = supply.header.layout
    formats = records.compile_formats(layout)
    for place, source in enumerate(supply.sources):
        following = [header.volume for header in supply.headers[place + 1 : place + 2]]
        tally = _VolumeTally(source, supply.headers[place], following, supply.mismatches)
        for first, lines in files.read_lines(source):
            try:
                block = records.read_records(lines, first, formats, layout.read_over, supply.offsets[place])
            except UnclosedError as error:
                raise _unclosed(source, error) from error
            tally.count(block, first + len(lines) - 1)
            yield block
        tally.finish()


@dataclass(slots=True)
class _VolumeTally:
    """A count of the records between a volume's header and its trailer."""

    source: Source
    header: Header
    next_volume: list[int]
    mismatches: list[TrailerMismatch]
    records: int = 0
    metadata: int = 0
    last_line: int = 1
    trailer: tuple[int, list[str]] | None = None

    def count(self, block: RecordBlock, last: int) -> None:
        self.last_line = last
        self.records += sum(map(len, block.rows.values())) + sum(block.read_over.values())
        self.records += len({reject.line for reject in block.rejects})
        for number, values in block.special:
            record = values[0].strip()
            if record == layouts.TRAILER:
                if self.trailer is not None:
                    raise self._wrong(number, "there is a second trailer (record 99)")
                self.trailer = (number, values)
            elif record == layouts.METADATA:
                self.metadata += 1
            elif number != 1:
                raise self._wrong(number, "there is a second header (record 10)")
        if self.trailer is not None and block.last > self.trailer[0]:
            raise self._wrong(block.last, "stands after the trailer (record 99)")

    def finish(self) -> None:
        """Check the trailer against the count. Raise CorruptFileError."""
        if self.trailer is None:
            reason = "the trailer (record 99) is missing: the file has been cut short"
            raise self._wrong(self.last_line, reason)
        line, values = self.trailer
        if len(values) != len(_TRAILER):
            raise self._wrong(line, f"the trailer (record 99) must have {len(_TRAILER)} columns")
        fields = dict(zip(_TRAILER, (value.strip() for value in values), strict=True))
        if not (fields["next volume"].isdecimal() and fields["record count"].isdecimal()):
            raise self._wrong(line, "the trailer (record 99) must count in whole numbers")
        self._check_count(line, int(fields["record count"]))
        self._check_next(line, int(fields["next volume"]))

    def _check_count(self, line: int, stated: int) -> None:
        total = self.records + self.metadata
        if stated not in {self.records, total, total + 2}:
            raise self._wrong(line, f"the trailer counts {stated} records, but there are {self.records}")
        if stated != self.records:
            self.mismatches.append(TrailerMismatch(self.source.name, line, stated - self.records))

    def _check_next(self, line: int, stated: int) -> None:
        expected = self.next_volume[0] if self.next_volume else 0
        if stated != expected:
            next_text = f"the next one given is {expected}" if expected else "no more are given"
            raise self._wrong(line, f"volume {stated} comes next, but {next_text}")

    def _wrong(self, line: int, reason: str) -> CorruptFileError:
        return CorruptFileError(line, reason, self.source.name)
