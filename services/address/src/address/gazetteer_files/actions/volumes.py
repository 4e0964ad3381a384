"""The volumes of an AddressBase or DTF supply: in their order, whole, and no line lost.

A volume begins with a header (record 10) and ends with a trailer (99) that says how many records stand
between the two and which volume comes next (0: none). Files whose trailers count metadata, header and
themselves as well are taken, unless PRO_ORDER has a gap of just so many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from address.gazetteer_files.actions import files
from address.gazetteer_files.actions.files import CorruptFileError, Source
from address.gazetteer_files.rules import layouts, records
from address.gazetteer_files.rules.layouts import Layout
from address.gazetteer_files.rules.records import Read, UnclosedError

_HEADER = ("record", "custodian name", "custodian", "process date", "volume", "entry date", "time stamp",
           "version", "file type")  # fmt: skip
_TELLING = ("11,", "21,")
_TRAILER = ("record", "next volume", "record count", "entry date", "time stamp")


@dataclass(frozen=True, slots=True)
class Header:
    """What a volume says of itself. ``full`` when what it does not hold is no more."""

    custodian: int
    day: date
    volume: int
    layout: Layout
    full: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A trailer that counts more than the records: header, metadata and itself, or ``missing`` lost ones."""

    name: str
    line: int
    missing: int


@dataclass(slots=True)
class Supply:
    """The volumes in their order, with where each one's lines begin in the count of all lines."""

    headers: tuple[Header, ...]
    sources: tuple[Source, ...]
    offsets: list[int] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def header(self) -> Header:
        return self.headers[0]

    def place(self, line: int) -> tuple[Source, int]:
        """The volume and its own line of a line counted over all."""
        at = max(at for at, offset in enumerate(self.offsets) if offset < max(line, 1))
        return self.sources[at], line - self.offsets[at]


def is_supply(source: Source) -> bool:
    """Whether the file begins as these do."""
    return files.first_line(source).replace('"', "").startswith("10,")


def supply(found: Sequence[Source], lines: Sequence[int]) -> Supply:
    """The volumes in the order of their numbers. Raises CorruptFileError for a wrong header."""
    opened = sorted(
        ((_header(source), source, count) for source, count in zip(found, lines, strict=True)),
        key=lambda one: one[0].volume,
    )
    first = opened[0][0]
    if first.volume > 1:
        raise CorruptFileError(1, f"this is volume {first.volume}; volume 1 is missing", opened[0][1].name)
    for header, source, _ in opened[1:]:
        if (header.layout, header.full, header.custodian) != (first.layout, first.full, first.custodian):
            raise CorruptFileError(1, "belongs to another supply than the first volume", source.name)
    made = Supply(tuple(one[0] for one in opened), tuple(one[1] for one in opened))
    made.offsets = [sum(one[2] for one in opened[:at]) for at in range(len(opened))]
    return made


def _header(source: Source) -> Header:
    values = _split(source, 1, files.first_line(source))
    if len(values) != len(_HEADER) or values[0] != layouts.HEADER:
        raise CorruptFileError(1, f"the header (record 10) must have {len(_HEADER)} columns", source.name)
    said = dict(zip(_HEADER, values, strict=True))
    layout = layouts.of_version(said["version"])
    if layout is None:
        known = ", ".join(f"{one.name} ({' or '.join(one.versions)})" for one in layouts.LAYOUTS)
        reason = f"version {said['version'][:20]!r} is of no layout that is known: {known}"
        raise CorruptFileError(1, reason, source.name)
    layout = _fitted(layout, source)
    kind = said["file type"].strip().upper()[:1]
    if kind not in {"F", "C"}:
        raise CorruptFileError(1, "the file type must be F (full) or C (change only)", source.name)
    try:
        day = date.fromisoformat(said["process date"])
        return Header(int(said["custodian"]), day, int(said["volume"]), layout, kind == "F")
    except ValueError as error:
        raise CorruptFileError(1, f"the header (record 10) is wrong: {error}", source.name) from error


def _fitted(layout: Layout, source: Source) -> Layout:
    """By the first street or property, of which the releases' columns differ."""
    for _, lines in files.blocks(source):
        told = next((line for line in lines if line.replace('"', "")[:3] in _TELLING), None)
        if told is not None:
            values = _split(source, 1, told)
            return layouts.fitting(layout, values[0], len(values))
        break
    return layout


def _split(source: Source, line: int, text: str) -> list[str]:
    try:
        return [value.strip() for value in records.split(line, text)]
    except UnclosedError as error:
        raise _unclosed(source, error) from error


def _unclosed(source: Source, error: UnclosedError) -> CorruptFileError:
    reason = "a quotation mark is opened here and never closed, or stands in a wrong place"
    return CorruptFileError(error.args[0], reason, source.name)


def read(made: Supply) -> Iterator[Read]:
    """Every block of every volume. Raises CorruptFileError, at the latest when the last has been read."""
    layout = made.header.layout
    known = records.formats(layout)
    for at, source in enumerate(made.sources):
        following = [one.volume for one in made.headers[at + 1 : at + 2]]
        tally = _Volume(source, made.headers[at], following, made.doubts)
        for first, lines in files.blocks(source):
            try:
                block = records.read(lines, first, known, layout.read_over, made.offsets[at])
            except UnclosedError as error:
                raise _unclosed(source, error) from error
            tally.count(block, first + len(lines) - 1)
            yield block
        tally.finish()


@dataclass(slots=True)
class _Volume:
    """Counts what stands between a volume's header and its trailer."""

    source: Source
    header: Header
    next_volume: list[int]
    doubts: list[Doubt]
    records: int = 0
    metadata: int = 0
    last_line: int = 1
    trailer: tuple[int, list[str]] | None = None

    def count(self, block: Read, last: int) -> None:
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
        """Check the trailer."""
        if self.trailer is None:
            reason = "the trailer (record 99) is missing: the file has been cut short"
            raise self._wrong(self.last_line, reason)
        line, values = self.trailer
        if len(values) != len(_TRAILER):
            raise self._wrong(line, f"the trailer (record 99) must have {len(_TRAILER)} columns")
        said = dict(zip(_TRAILER, (value.strip() for value in values), strict=True))
        if not (said["next volume"].isdecimal() and said["record count"].isdecimal()):
            raise self._wrong(line, "the trailer (record 99) must count in whole numbers")
        self._check_count(line, int(said["record count"]))
        self._check_next(line, int(said["next volume"]))

    def _check_count(self, line: int, said: int) -> None:
        both = self.records + self.metadata
        if said not in {self.records, both, both + 2}:
            raise self._wrong(line, f"the trailer counts {said} records, but there are {self.records}")
        if said != self.records:
            self.doubts.append(Doubt(self.source.name, line, said - self.records))

    def _check_next(self, line: int, said: int) -> None:
        wanted = self.next_volume[0] if self.next_volume else 0
        if said != wanted:
            there = f"the next one given is {wanted}" if wanted else "no more are given"
            raise self._wrong(line, f"volume {said} comes next, but {there}")

    def _wrong(self, line: int, reason: str) -> CorruptFileError:
        return CorruptFileError(line, reason, self.source.name)
