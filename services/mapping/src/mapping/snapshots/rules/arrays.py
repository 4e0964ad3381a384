"""What is known of the features of a layer, in arrays with an entry each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import shapely
from numpy.typing import NDArray

Indices = NDArray[np.int64]
_ALWAYS, _NEVER = -(2**63), 2**63 - 1


class Row(Protocol):
    """A feature as ``collections`` reads it for memory: moments are microseconds since 1970."""

    number: int
    fid: str
    wkb: bytes | None
    properties: str
    etag: str
    valid_from: int | None
    valid_to: int | None


@dataclass(frozen=True)
class Arrays:
    """What is known of each feature. ``geometries`` are in the storage CRS, ``texts`` properties as JSON."""

    numbers: Indices
    fids: list[str]
    geometries: NDArray[Any]
    texts: list[str]
    etags: list[str]
    valid_from: Indices
    valid_to: Indices

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> Self:
        """Make arrays of rows."""
        return cls(
            np.array([row.number for row in rows], np.int64),
            [row.fid for row in rows],
            np.asarray(shapely.from_wkb(np.array([row.wkb for row in rows], dtype=object)), dtype=object),
            [row.properties for row in rows],
            [row.etag for row in rows],
            np.array([_ALWAYS if row.valid_from is None else row.valid_from for row in rows], np.int64),
            np.array([_NEVER if row.valid_to is None else row.valid_to for row in rows], np.int64),
        )

    def join(self, other: Self) -> Self:
        """Put the entries of others behind these."""
        return type(self)(
            np.concatenate((self.numbers, other.numbers)),
            self.fids + other.fids,
            np.concatenate((self.geometries, other.geometries)),
            self.texts + other.texts,
            self.etags + other.etags,
            np.concatenate((self.valid_from, other.valid_from)),
            np.concatenate((self.valid_to, other.valid_to)),
        )
