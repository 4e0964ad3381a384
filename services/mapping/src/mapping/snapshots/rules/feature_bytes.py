"""The ready-made bytes of a layer's features: a file that is mapped into memory, page by page.

A feature's bytes are its GeoJSON Feature without the closing brace, so that links or a foreign member can
follow. A file holds public properties or those of an audience above, and one CRS.
"""

import json
import mmap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TextRow(Protocol):
    """A feature's texts: its geometry in CRS84 and in its storage CRS ('' if that is the same)."""

    number: int
    fid: str
    geojson: str
    geojson_storage: str
    properties: str


def write_feature(fid: str, geometry: str, properties: str, hidden: Collection[str]) -> bytes:
    """Write a feature without its closing brace; ``hidden``: properties that are left out."""
    if hidden:
        values = json.loads(properties)
        visible = {name: value for name, value in values.items() if name not in hidden}
        properties = json.dumps(visible, ensure_ascii=False, separators=(",", ":"))
    start = f'{{"type":"Feature","id":{json.dumps(fid, ensure_ascii=False)},"geometry":'
    return f'{start}{geometry},"properties":{properties}'.encode()


@dataclass(frozen=True)
class FeatureBytes:
    """Features' bytes behind one another, found by number."""

    data: mmap.mmap | bytes
    numbers: NDArray[np.int64]  # ascending
    offsets: NDArray[np.int64]  # one more than numbers

    def get(self, number: int) -> bytes:
        """Return the bytes of a feature by its number. Raises KeyError."""
        place = int(np.searchsorted(self.numbers, number))
        if place == len(self.numbers) or self.numbers[place] != number:
            raise KeyError(number)
        return self.data[self.offsets[place] : self.offsets[place + 1]]

    def get_many(self, numbers: NDArray[np.int64]) -> list[bytes]:
        """Return the bytes of features by their numbers, all of which must be there."""
        places = np.searchsorted(self.numbers, numbers)
        starts, ends = self.offsets[places].tolist(), self.offsets[places + 1].tolist()
        data = self.data
        return [data[start:end] for start, end in zip(starts, ends, strict=True)]


class BytesWriter:
    """Writes a file of features' bytes, batch by batch; nobody sees it before it is whole."""

    def __init__(self, path: Path, *, of_storage: bool, hidden: Collection[str]) -> None:
        self._path = path
        self._file = path.open("wb")
        self._of_storage = of_storage
        self._hidden = hidden
        self._numbers: list[int] = []
        self._lengths: list[int] = [0]

    def write(self, rows: Sequence[TextRow]) -> None:
        """Write features, whose numbers ascend from batch to batch: call it in a thread."""
        for row, text in zip(rows, self._make(rows), strict=True):
            self._numbers.append(row.number)
            self._lengths.append(len(text))
            self._file.write(text)

    def _make(self, rows: Iterable[TextRow]) -> Iterator[bytes]:
        for row in rows:
            geometry = (self._of_storage and row.geojson_storage) or row.geojson
            yield write_feature(row.fid, geometry, row.properties, self._hidden)

    def close(self) -> FeatureBytes:
        """Finish the file and map it into memory; its name goes, it lives for as long as it is mapped."""
        self._file.close()
        numbers = np.array(self._numbers, np.int64)
        offsets = np.cumsum(np.array(self._lengths, np.int64))
        try:
            if not offsets[-1]:
                return FeatureBytes(b"", numbers, offsets)
            with self._path.open("rb") as file:
                return FeatureBytes(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), numbers, offsets)
        finally:
            self._path.unlink()

    def discard(self) -> None:
        """Remove what was written of a file that will not be whole."""
        self._file.close()
        self._path.unlink(missing_ok=True)
